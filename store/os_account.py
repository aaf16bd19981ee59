"""Which account of the operating system started this program: the only identity that codedesk believes."""

from __future__ import annotations

import os
import pwd

from codesets.errors import CodedeskError


class NotAUser(CodedeskError):
    """The account of the operating system belongs to nobody of this site."""

    title = "not a user"
    refusal = True


def os_login() -> str:
    """The login of the account, from `SUDO_UID` under a sudo rule, else the real user id; never from `$USER`."""
    uid = int(os.environ["SUDO_UID"]) if os.environ.get("SUDO_UID", "").isdigit() and os.getuid() == 0 else os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise NotAUser(f"user id {uid} has no account on this host") from None
