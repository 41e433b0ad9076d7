"""One headless Chromium, driven through its DevTools protocol over a pipe: it starts once, and opens page after page.

See https://chromedevtools.github.io/devtools-protocol/ for the methods.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

SKIPPED = 77
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--window-size=1400,900", "--remote-debugging-pipe"]
# Seconds: a page is drawn in one or two, on a busy machine in ten.
PATIENCE = 120


def installed():
    """The path of Chromium, None without it."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """A context: with Browser() as browser: ..."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="saddleflow-browser-", ignore_cleanup_errors=True)
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()

        def on_three_and_four():  # where Chromium expects its ends; first out of the way of one another
            reading, writing = os.dup(commands), os.dup(answers)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen([installed(), *QUIET, f"--user-data-dir={self.profile.name}", "about:blank"], close_fds=False,
                                        preexec_fn=on_three_and_four, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.count, self.buffer, self.session = 0, b"", None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        # A page is laid out as in the window of a reader, not of a headless screen.
        self.call("Emulation.setDeviceMetricsOverride", width=1400, height=900, deviceScaleFactor=1, mobile=False)
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        self.profile.cleanup()

    def call(self, method, **parameters):
        """The result of a method of the protocol; what happens meanwhile (events) is passed over."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.commands, text):]
        while True:
            answer = self.read()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def read(self):
        parts = [self.buffer]  # a document comes in many pieces
        while b"\0" not in parts[-1]:
            parts.append(os.read(self.answers, 1 << 20))
            assert parts[-1], "the browser has ended"
        message, _, self.buffer = b"".join(parts).partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, address, mark):
        """Waits until the page notes data-<mark> of its body. AssertionError where it never does."""
        self.call("Page.navigate", url="about:blank")  # another fragment of one page would not load it again
        self.call("Page.navigate", url=address)
        end = time.monotonic() + PATIENCE
        noted = f"location.href !== 'about:blank' && document.body?.dataset[{json.dumps(mark)}] !== undefined"
        while not self.evaluate(noted):
            assert time.monotonic() < end, f"{address} notes no {mark}"
            time.sleep(0.02)

    def document(self):
        return self.evaluate("document.documentElement.outerHTML")

    def pdf(self):
        """The page as printed, without header and footer."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def screenshot(self):
        """PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])
