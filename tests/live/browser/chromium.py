"""Debian's Chromium, driven over a pipe (Chrome DevTools Protocol): no port, no driver, no library.

Chromium reads commands from its file descriptor 3 and writes answers and events to 4, each a JSON
object that ends with a zero byte.
"""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any, Final

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=id",
    "--remote-debugging-pipe",
)
PATIENCE: Final = 20.0
"""Seconds a page may take for anything."""
Message = dict[str, Any]


def program() -> str | None:
    """Where Chromium is; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One Chromium with one page."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._number = 0
        self.address = ""
        """Where the portal is."""
        self.said: list[str] = []
        """What went wrong in pages: errors of scripts, and what the browser refused."""
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        attached = self._send("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str | None = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Message:
        """A command to the page."""
        return self._send(method, self._session, **params)

    def open(self, address: str) -> None:
        """Go to a page and wait until it is there."""
        before = self.run("performance.timeOrigin")
        self.call("Page.navigate", url=address)
        self.wait(f"performance.timeOrigin !== {before} && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """What an expression comes to, in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE) -> None:
        """Wait until an expression is true; pages may come and go meanwhile."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                if self.run(f"!!({script})"):
                    return
            except (AssertionError, Refused):
                pass
            time.sleep(0.05)
        raise AssertionError(f"after {seconds} s not yet: {script}\n{self.run('location.href')}")

    def follow(self, script: str) -> None:
        """Do what leads to another page and wait for it."""
        before = self.run("performance.timeOrigin")
        self.run(f"(() => {{ {script} }})()")
        self.wait(f"performance.timeOrigin !== {before} && document.readyState === 'complete'")

    def choose_file(self, selector: str, file: Path) -> None:
        """Put a file into a form's field."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(file)], nodeId=node)

    def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Change the window and the scheme of colours."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,  # a telephone's width
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """A screenshot, of the whole page or of the window."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **self._clip(whole))
        file.write_bytes(base64.b64decode(shot["data"]))

    def _clip(self, whole: bool) -> Message:
        if not whole:
            return {}
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {**size, "scale": 1}}

    def _send(self, method: str, session: str | None = None, /, **params: Any) -> Message:
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise Refused(f"{method}: {answer['error']['message']}")
                result: Message = answer["result"]
                return result
            self._note(answer)

    def _note(self, event: Message) -> None:
        params = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.said.append(params["exceptionDetails"].get("text", "an error"))
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.said.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def _receive(self) -> Message:
        while b"\0" not in self._rest:
            ready, _, _ = select([self._answers], [], [], PATIENCE)
            part = os.read(self._answers, 1 << 20) if ready else b""
            if not part:
                raise AssertionError("Chromium does not answer")
            self._rest += part
        whole, _, self._rest = self._rest.partition(b"\0")
        message: Message = json.loads(whole)
        return message


class Refused(Exception):
    """Chromium did not do what it was told: the page went away meanwhile, mostly."""


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A Chromium with an empty profile in this folder, ended afterwards."""
    found = program()
    assert found, "Chromium is not installed"
    to_read, commands = os.pipe()
    answers, to_write = os.pipe()
    profile = f"--user-data-dir={folder / 'profile'}"
    keep = f'exec 3<&{to_read} 4>&{to_write}; exec "$@"'
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(  # Debian's own program
            ["/bin/bash", "-c", keep, "bash", found, *FLAGS, profile],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(to_read)
    os.close(to_write)
    try:
        yield Browser(commands, answers)
    finally:
        os.close(commands)  # Chromium ends when nobody commands it
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
