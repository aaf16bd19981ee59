"""placeholder"""

from pathlib import Path


def folder_for(place: Path, build_id: str) -> Path:
    return place.with_suffix(".search") / build_id


def build(db, folder, progress):
    return folder


def remove_others(place, keep): ...
