from tests.pages.conftest import Enter


def test_everything_opens(enter: Enter) -> None:
    browser = enter("iso_secretary")
    for address in ("/", "/instances", "/instances/new", "/instances/new?process=internal_audit", "/log", "/log/verification", "/definitions", "/definitions/internal_audit", "/plan/2026", "/admin"):
        try:
            browser.open(address, expect=404 if "plan" in address else 200)
        except AssertionError as e:
            print(address, str(e)[:1500]); raise
        print(address, len(browser.page.html))
