# SPDX-License-Identifier: BSD-2-Clause
"""PAM service files of a world."""

from __future__ import annotations

import os

from .namespace import Space

MODULE = "pam_jukinet/module/pam_jukinet.so"

PERMIT = """\
auth     required pam_permit.so
account  required pam_permit.so
session  required pam_loginuid.so
session  required pam_permit.so
password required pam_deny.so
"""

MODULE_ONLY = """\
auth     required {module} {options}
account  required {module} {options}
session  required {module} {options}
password required {module} {options}
"""

LOGIN = """\
auth     required {module} {options}
account  required {module} {options}
session  required pam_loginuid.so
session  required {module} {options}
password required {module} {options}
"""

SU = """\
auth     sufficient pam_rootok.so
""" + MODULE_ONLY


class Pam:
    """Each service has exactly the file written here; the includes of the host's stay as they are."""

    def __init__(self, space: Space, build_dir: str) -> None:
        self.space = space
        self.module = os.path.join(build_dir, MODULE)

    def write(self, service: str, stack: str, options: str = "") -> None:
        """stack: text with {module} and {options}, such as the constants of this module."""
        text = stack.format(module=self.module, options=options)
        self.space.write(f"/etc/pam.d/{service}", "".join(f"{line.rstrip()}\n" for line in text.splitlines()))

    def permit(self, *services: str) -> None:
        """Lets everybody in: for trying the world itself."""
        for service in services:
            self.write(service, PERMIT)

    def ours(self, options: str = "") -> None:
        """jk-test (the module alone), jk-session (with a loginuid), login, su and passwd."""
        stacks = {"jk-test": MODULE_ONLY, "jk-session": LOGIN, "login": LOGIN, "su": SU, "su-l": SU,
                  "passwd": MODULE_ONLY}
        for service, stack in stacks.items():
            self.write(service, stack, options)

    def read(self, service: str) -> str:
        return self.space.read(f"/etc/pam.d/{service}")
