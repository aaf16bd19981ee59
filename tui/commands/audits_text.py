"""Audits as text and as JSON documents: rows, both sides beside each other, and the scorecard."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from store.queries.audits import AuditRow, FindingRow, SampleRow, StepRow
from store.reports.small_cells import LEAST_CELL, LEFT_OUT, SUPPRESSED
from store.terms import FindingStatus, in_words
from tui.cells import counted, left, minute
from tui.money import dollars

if TYPE_CHECKING:
    from store.audits.differences import Coded, Comparison, Difference, Row
    from store.audits.education import TopicRow
    from store.audits.figures import Share
    from store.audits.scorecards import Scorecard
    from store.audits.scores import Impact, Score
    from store.audits.trends import CoderTrend, TrendPoint

HEADING = (
    f"{'':1} {'audit':<20} {'day':<10} {'patient':<20} {'type':<11} {'status':<10} {'coder':<14} {'auditor':<14}"
    f" {'found':>5} due"
)


def audit_text(row: AuditRow) -> str:
    """One audit in one line."""
    name = row.name
    return (
        f"{row.mark:1} {left(name, 20) if not row.second else name} {row.service_date:<10} {left(row.patient, 20)}"
        f" {left(row.setting.label, 11)} {left(in_words(row.status), 10)}"
        f" {left(row.coder or '(blind)', 14)} {left(row.auditor, 14)} {row.findings:>5} {row.due_on}"
    ).rstrip()


def sample_text(row: SampleRow, covered: bool = False) -> str:
    """One sample in one line; without how many charts it has where small counts are covered."""
    if covered:
        return f"{left(row.name, 24)} {row.made_at[:10]}  {row.method}; {row.withdrawn or 'stands'}"
    how = ", ".join(filter(None, (row.method, "blind" if row.blind else "review", "pre-bill" if row.prebill else "")))
    drawn = f"{row.picked} of {row.population} ({row.size}), seed {row.seed}"
    far = row.withdrawn or f"{row.reviewed} reviewed, {row.final} final"
    return f"{left(row.name, 24)} {row.made_at[:10]}  {drawn}, {how}; {far}"


OF_CHARTS = ("size", "population", "audited_before", "picked", "reviewed", "final")
"""What of a sample counts charts."""


def side_by_side(
    row: AuditRow,
    auditor: Coded,
    comparison: Comparison | None,
    findings: Sequence[FindingRow],
    steps: Sequence[StepRow],
) -> list[str]:
    """Both sides of an audit, its findings and its history, as lines."""
    lines = [
        f"{row.name}  {row.patient} {row.mrn}  {row.service_date} {row.setting.label} {row.kind.value}"
        f"  {in_words(row.status)}",
        f"coder {row.coder or '(not shown: blind)'}   auditor {row.auditor or 'nobody yet'}",
        "",
    ]
    if comparison is None:
        codes = [one.code for one in (*auditor.codes.diagnoses, *auditor.codes.lines)]
        lines.append(f"auditor's codes so far: {'  '.join(codes) or 'none'}")
    else:
        lines.append(f"{'':3} {'coder':<10} {'auditor':<10} result")
        gone = {_key(one) for one in findings if one.status is FindingStatus.OVERTURNED}
        lines += [f"{mark_of(one):>3} {one.coder or '–':<10} {one.auditor or '–':<10} {result_of(one, gone)}"
                  for one in comparison.rows]  # fmt: skip
        lines += [f"{'':3} {one.coder:<10} {one.auditor:<10} {kind_words(one.kind)}{_fallen(one, gone)}"
                  for one in comparison.whole]  # fmt: skip
        lines += [unpointed_words(comparison.unpointed)] if comparison.unpointed else []
    lines += [""] if findings else []
    for finding in findings:
        money = "" if finding.cents is None else f"  money {dollars(finding.cents)}"
        topic = f"  topic {finding.topic}" if finding.topic else ""
        due = f"  due {finding.due_on}" if finding.due_on else ""
        change = f"{finding.coder or '–'} -> {finding.auditor or '–'}"
        status = in_words(finding.status)
        lines.append(
            f"finding {finding.number}  {kind_words(finding.kind)}, {finding.place}: {change}"
            f"  {status}{due}{money}{topic}"
        )
        lines += [f"   {text}" for text in (finding.note, finding.citation) if text]
    lines += [""] if steps else []
    for step in steps:
        which = f"finding {step.finding} " if step.finding else ""
        said = f": {step.comment}" if step.comment else ""
        cited = f" [{step.citation}]" if step.citation else ""
        lines.append(
            f"{minute(step.at)}  {which}{step.status.replace('_', ' ')}, {step.who or 'the clock'}{said}{cited}"
        )
    return lines


def unpointed_words(lines: int) -> str:
    """Of how many lines the pointers were not judged, and why."""
    return f"pointers of {counted(lines, 'line')} not judged: the auditor gave none"


def mark_of(row: Row) -> str:
    """The place of a row as screens name it: a number of a diagnosis, a letter of a line."""
    from store.coding.entry import line_letter

    place = row.auditor_place or row.coder_place
    return line_letter(place) if row.line else str(place)


def result_of(row: Row, overturned: Collection[tuple[str, ...]] = ()) -> str:
    """What differs in a row, in words; of a difference that was overturned it says so."""
    told = [f"{kind_words(one.kind)}{_fallen(one, overturned)}" for one in row.differences]
    return ", ".join(told) or ("agree" if row.coder and row.auditor else "see principal")


def kind_words(kind: str) -> str:
    """The kind of a difference as it is called everywhere: by what the auditor did to the coder's codes.

    An auditor has added what the coder had missed, and deleted what the record does not support.
    """
    return {"query": "missed query"}.get(str(kind), str(kind))


def _key(one: Difference | FindingRow) -> tuple[str, ...]:
    """What a finding and the difference that it states have in common."""
    return str(one.kind), one.place, one.coder, one.auditor


def _fallen(one: Difference, overturned: Collection[tuple[str, ...]]) -> str:
    return " (overturned)" if _key(one) in overturned else ""


def percent(share: Share) -> str:
    """A share as percent with the counts it was made of; a dash for nothing."""
    return "–" if share.value is None else f"{share.value * 100:.1f} %"


def counts(share: Share) -> str:
    if not share.told:
        return LEFT_OUT
    return f"{share.part:g} of {share.whole:g}"


NARROW = 66
"""Under so many columns the tables of a scorecard have two columns of figures, and what goes with them below."""
TREND_WIDTH = 88
"""The same of the table of a trend."""


def scorecard_lines(card: Scorecard, width: int = 100) -> list[str]:
    """The scorecard as lines, for the terminal and the command line; a narrow pane has its tables narrower."""
    total, narrow = card.total, width < NARROW
    if card.covered:
        return _covered_lines(card, narrow)
    lines = [
        f"Scorecard {card.sample}   {card.method}, {card.size}, seed {card.seed}",
        f"population {card.population}: {card.words}",
        f"{card.reviewed} of {counted(card.picked, 'chart')} reviewed, {counted(card.open_findings, 'finding')} open",
    ]
    if not total.charts:
        return [*lines, "", "No chart of it was reviewed yet, so that there is no score.", *_formula(card)]
    lines += ["", *_share_lines(card, narrow), "", *_dimension_lines(card, narrow)]
    lines += [unpointed_words(total.unpointed)] if total.unpointed else []
    kinds = ", ".join(f"{many} {kind_words(kind)}" for kind, many in total.kinds.items())
    lines += ["", f"differences   {kinds or 'none'}; {total.errors:g} error{'' if total.errors == 1 else 's'}"]
    lines += ["", *_money_lines(card, narrow)]
    if card.topics:
        lines.append("topics        " + ", ".join(f"{name} {many}" for name, many in card.topics))
    if card.agreement:
        kappa = "–" if card.agreement.kappa is None else f"{card.agreement.kappa:.2f}"
        lines.append(
            f"two auditors  agree on {card.agreement.observed * 100:.0f} % of {card.agreement.both} codes,"
            f" kappa {kappa} ({card.agreement.words})"
        )
    return [*lines, "", *_coder_lines(card, narrow), *_formula(card)]


def _covered_lines(card: Scorecard, narrow: bool) -> list[str]:
    """A scorecard as it is told without small counts."""
    lines = [
        f"Scorecard {card.sample}   {card.method}: {card.words}",
        f"{told_count(card.total.charts)} charts reviewed",
    ]
    if card.total.charts < LEAST_CELL:
        return [*lines, "", f"No score is told of fewer than {LEAST_CELL} charts.", *_formula(card)]
    lines += ["", *_share_lines(card, narrow), "", *_dimension_lines(card, narrow), ""]
    return [*lines, *_coder_lines(card, narrow), "", _COVERED, *_formula(card)]


_COVERED = (
    f"{LEFT_OUT}: left out, since fewer than {LEAST_CELL} stand behind it or could be told from it; so are coders of so"
    " few charts, money, and how many charts there were to draw from"
)


def told_count(count: int) -> int | str:
    """A count as it is told to whom small ones are covered."""
    return SUPPRESSED if 0 < count < LEAST_CELL else count


COVERED_TOPICS = f"{LEFT_OUT}: few stand behind it, or what is left is few. Who learns what is not told."


def topic_line(row: TopicRow) -> str:
    """A topic of education with its counts, on one line."""
    found, given, done = (LEFT_OUT if one is None else str(one) for one in (row.findings, row.given, row.done))
    findings = f"{found} finding{'' if row.findings == 1 else 's'}"
    return f"{row.name:<32} {findings:>12}   {given} given, {done} done   {row.words}".rstrip()


def _share_lines(card: Scorecard, narrow: bool) -> Iterator[str]:
    """Each share with its interval and what it was made of."""
    if not narrow:
        yield f"{'':24}{'':>9} {'95 % interval':>17}  counted"
    for name, share in _shares(card.total):
        bounds = card.interval(share) if name in ("code over code", "record over record", "DRG accuracy") else None
        told = f"{bounds[0] * 100:.1f} to {bounds[1] * 100:.1f} %" if bounds else ""
        if not narrow:
            yield f"{name:<24}{percent(share):>9} {told:>17}  {counts(share)}"
            continue
        yield f"{name:<22}{percent(share):>8}  {counts(share)}"
        if told:
            yield f"  95 % interval {told}"


def _dimension_lines(card: Scorecard, narrow: bool) -> Iterator[str]:
    """Each dimension beside its threshold."""
    if not narrow:
        yield f"{'dimension':<24}{'':>9} {'threshold':>17}  counted"
    low = card.below()
    for dimension, share in card.total.dimensions.items():
        aim, under = f"{card.scheme.thresholds[dimension.value]:g} %", "  below" if dimension in low else ""
        if narrow:
            yield f"{dimension.value:<22}{percent(share):>8}  {counts(share)}"
            yield from (f"{under} {aim}",) if under else ()
        else:
            yield f"{dimension.value:<24}{percent(share):>9} {aim:>17}  {counts(share)}{under}"


def _money_lines(card: Scorecard, narrow: bool) -> Iterator[str]:
    """Money both ways and net, with how many differences each is of, and how it was counted."""
    total, rate = card.total, card.base_rate
    kinds = [("charges", total.charges)] + ([("DRG payment", total.payment)] if total.drg.whole else [])
    if not narrow:
        yield f"{'money':<14}{'undercoded':>22} {'overcoded':>22} {'net':>13}"
    for name, made in kinds:
        under = f"{dollars(made.under_cents)} ({made.under:,})"
        over = f"{dollars(made.over_cents)} ({made.over:,})"
        unknown = f"{counted(made.unknown, 'difference')} of unknown money" if made.unknown else ""
        if narrow:
            yield f"{name}: net {signed(made.net_cents)}"
            yield f"  undercoded {under}, overcoded {over}"
            yield from (f"  {unknown}",) if unknown else ()
        else:
            yield f"{name:<14}{under:>22} {over:>22} {signed(made.net_cents):>13}  {unknown}".rstrip()
    yield "net = undercoded - overcoded, in brackets how many differences; what was overturned is not counted"
    yield "charges: the auditor's line less the coder's, of lines added, deleted, revised or with other units"
    if total.drg.whole and rate:
        yield f"DRG payment: (the auditor's weight - the coder's) x the base rate, now {dollars(rate)}"
    elif total.drg.whole:
        yield "DRG payment: not known, for no base rate is set (drg_base_rate)"


def signed(cents: int) -> str:
    """Dollars with their sign, also above 0."""
    return f"+{dollars(cents)}" if cents > 0 else dollars(cents)


def _coder_lines(card: Scorecard, narrow: bool) -> Iterator[str]:
    """Each coder of the sample with their scores and whether they reach the target."""
    if not narrow:
        yield f"{'coder':<24}{'charts':>7} {'code/code':>10} {'record':>8} {'weighted':>9}  target"
    for coder in card.coders:
        made, aim = coder.score, card.target(coder)
        nets = [("charges", made.charges), ("DRG payment", made.payment)]
        money = ", ".join(f"{name} {signed(one.net_cents)}" for name, one in nets if one.under or one.over)
        if narrow:
            yield f"{left(coder.name, 22)}{percent(made.weighted):>8}  {counted(made.charts, 'chart')}"
            yield f"  code/code {percent(made.code_over_code)}, record {percent(made.record_over_record)}"
            yield from (f"  {aim}",) if aim else ()
        else:
            yield (
                f"{left(coder.name, 24)}{made.charts:>7} {percent(made.code_over_code):>10}"
                f" {percent(made.record_over_record):>8} {percent(made.weighted):>9}  {aim}"
            )
        if money:
            yield f"  net {money}"


def _formula(card: Scorecard) -> list[str]:
    return [
        "",
        *card.scheme.formula(),
        "intervals: Wilson score, 95 %; codes of one chart are alike, so that the interval of code over code is narrow",
    ]


def _shares(total: Score) -> list[tuple[str, Share]]:
    return [
        ("code over code", total.code_over_code),
        ("total opportunity", total.total_opportunity),
        ("record over record", total.record_over_record),
        ("weighted", total.weighted),
        ("DRG accuracy", total.drg),
    ]


def trend_lines(trend: CoderTrend, width: int = 100) -> list[str]:
    """A coder's audits as lines, the oldest first, each with its intervals and what changed since the one before."""
    from store.audits.trends import LEAST_CHARTS

    many = counted(len(trend.points), "audit")
    lines = [f"{trend.name or trend.login} ({trend.login}): {many}, the oldest first", ""]
    narrow = width < TREND_WIDTH
    if not narrow:
        lines.append(
            f"{'sample':<20} {'day':<10} {'charts':>6} {'code/code':>9} {'95 %':>14} {'record':>7} {'95 %':>14}"
        )
    for point in trend.points:
        made = point.score
        codes, records = _interval(made.code_over_code), _interval(made.record_over_record)
        if narrow:
            lines += [
                f"{left(point.sample, 20)} {point.day}  {counted(made.charts, 'chart')}",
                f"  code/code {percent(made.code_over_code)}, {codes} ({counts(made.code_over_code)})",
                f"  record {percent(made.record_over_record)}, {records}",
            ]
        else:
            lines.append(
                f"{left(point.sample, 20)} {point.day:<10} {made.charts:>6} {percent(made.code_over_code):>9}"
                f" {codes:>14} {percent(made.record_over_record):>7} {records:>14}"
            )
        lines.append(f"  {change_words(point, point is trend.points[0])}")
    return [
        *lines,
        *((_COVERED_TREND,) if trend.covered else ()),
        "",
        "intervals: Wilson score, 95 %, by codes; code over code as on each scorecard",
        f"changes: Newcombe, 95 %, by charts; no word of chance below {LEAST_CHARTS} an audit",
    ]


_COVERED_TREND = (
    f"Audits of fewer than {LEAST_CELL} charts are left out, and shares that as few stand behind ({LEFT_OUT})."
)


def _interval(share: Share) -> str:
    from store.audits.figures import wilson

    bounds = wilson(share)
    return f"{bounds[0] * 100:.1f}-{bounds[1] * 100:.1f} %" if bounds else ""


def change_words(point: TrendPoint, first: bool) -> str:
    """What became of code over code since the audit before, in points, and whether it may be chance."""
    from store.audits.trends import LEAST_CHARTS

    counted_by = f"{counts(point.score.code_over_code)} codes, scheme {point.scheme}"
    if first:
        return f"{counted_by}; the first audit"
    if point.change is None:
        return f"{counted_by}; no change is told: the audit before had another scheme, or no code"
    by, low, high = (value * 100 for value in (point.change.by, point.change.low, point.change.high))
    if not point.change.enough:
        return f"{counted_by}; {by:+.1f} points, of too few charts to tell it from chance: {LEAST_CHARTS} in each audit"
    chance = "may be chance" if point.change.may_be_chance else "more than chance"
    return f"{counted_by}; {by:+.1f} points ({low:+.1f} to {high:+.1f}): {chance}"


def trend_document(trend: CoderTrend) -> dict[str, Any]:
    """A coder's audits as plain values; shares as part, whole, value and interval."""
    from store.audits.figures import wilson

    def share(one: Share) -> dict[str, Any]:
        return _told_share(one, wilson(one))

    return {
        "login": trend.login,
        "name": trend.name,
        "audits": [
            {
                "sample": one.sample,
                "day": one.day,
                "scheme": one.scheme,
                "charts": one.score.charts,
                **{name.replace(" ", "_").lower(): share(of) for name, of in _shares(one.score)},
                "change": asdict(one.change) | {"may_be_chance": one.change.may_be_chance} if one.change else None,
            }
            for one in trend.points
        ],
    }


def _told_share(one: Share, interval: tuple[float, float] | None) -> dict[str, Any]:
    """A share as plain values, all of them empty where it is left out."""
    part, whole = (one.part, one.whole) if one.told else (None, None)
    return {"part": part, "whole": whole, "value": one.value, "interval_95": interval}


def scorecard_document(card: Scorecard) -> dict[str, Any]:
    """The scorecard as plain values; shares as part, whole, value and interval."""

    def share(one: Share) -> dict[str, Any]:
        return _told_share(one, card.interval(one))

    def of_all(value: Any) -> Any:
        return None if card.covered else value

    def money(made: Impact) -> dict[str, int] | None:
        return of_all(asdict(made) | {"net_cents": made.net_cents})

    def whole(made: Score) -> dict[str, Any]:
        return {
            "charts": told_count(made.charts) if card.covered else made.charts,
            **{name.replace(" ", "_").lower(): share(one) for name, one in _shares(made)},
            "dimensions": {one.value: share(of) for one, of in made.dimensions.items()},
            "differences": of_all({kind.value: many for kind, many in made.kinds.items()}),
            "errors": of_all(made.errors),
            "lines_of_pointers_not_judged": of_all(made.unpointed),
            "charges": money(made.charges),
            "drg_payment": money(made.payment),
        }

    return {
        "sample": card.sample,
        "method": card.method,
        "seed": card.seed,
        "size": of_all(card.size),
        "population": of_all(card.population),
        "criteria": card.words,
        "picked": of_all(card.picked),
        "reviewed": told_count(card.reviewed) if card.covered else card.reviewed,
        "open_findings": of_all(card.open_findings),
        "drg_base_rate_cents": card.base_rate,
        "total": whole(card.total),
        "coders": [{"login": one.login, "name": one.name, **whole(one.score)} for one in card.coders],
        "below_threshold": [one.value for one in card.below()],
        "topics": of_all(dict(card.topics)),
        "agreement": asdict(card.agreement) if card.agreement else None,
        "scheme": card.scheme.to_json(),
        "formula": card.scheme.formula(),
    }


def audit_document(
    row: AuditRow,
    coder: Coded,
    auditor: Coded,
    comparison: Comparison | None,
    findings: Sequence[FindingRow],
    steps: Sequence[StepRow],
) -> dict[str, Any]:
    """One audit as plain values; the coder's side is left out while it is blind."""
    return {
        **asdict(row),
        "coder_codes": coder.codes.to_json() if comparison else None,
        "auditor_codes": auditor.codes.to_json(),
        "rows": [asdict(one) for one in comparison.rows] if comparison else [],
        "findings_list": [asdict(one) for one in findings],
        "history": [asdict(one) for one in steps],
    }
