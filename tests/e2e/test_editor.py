"""Writing an operation by hand: what the editor adds, suggests and marks."""

from tests.e2e.page import EDITOR, Explorer


def test_a_query_is_written_with_suggestions_alone(page: Explorer) -> None:
    page.wait_for_schema()
    page.write("")
    page.browser.type("qu")
    page.browser.wait("suggestions are shown", lambda: page.browser.is_shown(".suggest"))
    page.browser.press("Enter")
    page.browser.type("trend")
    page.browser.press("Tab")
    page.browser.type("ite")
    page.browser.press("Enter")
    page.browser.type("lik")
    page.browser.press("Enter")
    assert page.operation == "query {\n  trendingPosts {\n    items {\n      likesCount\n    }\n  }\n}"
    page.browser.press("Control+Enter")
    assert "likesCount" in page.answer()["data"]["trendingPosts"]["items"][0]


def test_the_arrow_keys_choose_among_suggestions(page: Explorer) -> None:
    page.wait_for_schema()
    page.write("{ trendingPosts { items { } } }")
    page.caret_behind("items { ")
    page.browser.press("Control+Space")
    names = page.browser.texts(".suggest-name")
    assert names[:3] == ["id", "content", "contentHtml"]
    page.browser.press("ArrowDown")
    chosen = page.browser.script(
        "return document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent"
    )
    assert chosen == "contentString!"
    page.browser.press("ArrowDown", "ArrowUp", "Enter")
    assert page.operation == "{ trendingPosts { items { content} } }"


def test_a_word_that_is_complete_leaves_enter_to_the_text(page: Explorer) -> None:
    page.wait_for_schema()
    page.write("{\n  me {\n    ")
    page.caret_behind("me {\n    ")
    page.browser.type("id\nusername\n")
    assert page.operation == "{\n  me {\n    id\n    username\n    "


def test_an_argument_is_suggested_with_its_quotes(page: Explorer) -> None:
    page.wait_for_schema()
    page.write("mutation { createPost() { success } }")
    page.caret_behind("createPost(")
    page.browser.type("co")
    page.browser.press("Enter")
    page.browser.type("Hello")
    assert page.operation == 'mutation { createPost(content: "Hello") { success } }'


def test_an_unknown_field_is_marked_and_the_right_one_named(page: Explorer) -> None:
    page.wait_for_schema()
    page.write("{ me { usrname id } }")
    page.browser.wait("the field is marked", lambda: page.browser.texts(".is-wrong[class*=t-]") == ["usrname"])
    assert page.browser.text("#editor-status").endswith("User has no field usrname. Did you mean username?")
    page.browser.click_text("#editor-status button", "Line 1")
    page.browser.type("username")
    page.browser.wait("the mark is gone", lambda: not page.browser.texts(".is-wrong[class*=t-]"))


def test_the_line_below_explains_what_the_caret_stands_on(page: Explorer) -> None:
    page.wait_for_schema()
    page.caret_behind("likesCount")
    page.browser.wait(
        "it is explained", lambda: page.browser.text("#editor-status").startswith("Post.likesCount: Int!")
    )
    page.browser.click_text("#editor-status button", "Post.likesCount: Int!")
    assert page.browser.texts(".member.is-target b") == ["likesCount"]


def test_brackets_close_and_open_up_while_typing(page: Explorer) -> None:
    page.write("")
    page.browser.type("{\nme {\nid\n}\n}")
    assert page.operation == "{\n  me {\n    id\n  }\n}"
    page.write("")
    page.browser.type("{ me(")
    assert page.operation == "{ me()}"
    page.browser.press("Backspace")
    assert page.operation == "{ me}"
    page.browser.type("(id: 1)")
    assert page.operation == "{ me(id: 1)}"


def test_undo_brings_back_what_an_example_replaced(page: Explorer) -> None:
    page.write("{ me { id } }")
    page.choose("Who am I?")
    page.browser.click(EDITOR)
    page.browser.press("Control+z")
    assert page.operation == "{ me { id } }"


def test_prettify_lays_out_what_was_typed_in_one_line(page: Explorer) -> None:
    page.write("{me{id author:username}}")
    page.browser.click("#prettify")
    assert page.operation == "{\n  me {\n    id\n    author: username\n  }\n}"
    page.write("{ me { id ")
    page.browser.click("#prettify")
    assert page.operation == "{ me { id "


def test_tab_leaves_the_editor(page: Explorer) -> None:
    page.write("{ me { id } }")
    page.browser.press("Tab")
    assert page.browser.script("return document.activeElement.id") != ""
    assert page.operation == "{ me { id } }"


def test_the_page_is_walked_with_the_tab_key_and_focus_shows(page: Explorer) -> None:
    page.wait_for_schema()
    page.browser.click("h1")
    seen: list[str] = []
    for _ in range(250):  # past every example
        page.browser.press("Tab")
        place, outline = page.browser.script(
            "const now = document.activeElement;"
            "return [now.id || now.textContent.trim(), getComputedStyle(now).outlineStyle]"
        )
        seen.append(place)
        assert outline != "none" or page.browser.script("return document.activeElement.matches('.code-text')"), place
    assert {"run", "prettify", "split-inputs", "variables-tab", "schema-search"} <= set(seen)


def test_the_caret_stays_in_sight_in_a_long_text(page: Explorer) -> None:
    page.write("{ me { id } }\n" + "# a line\n" * 80)
    page.browser.press("Control+End")
    page.browser.type("# the end")
    hidden = page.browser.script(
        "const frame = document.querySelector('#operation .code');"
        "return frame.scrollHeight - frame.clientHeight - frame.scrollTop"
    )
    assert hidden <= 24


def test_text_and_paint_never_drift_apart(page: Explorer) -> None:
    page.write("{ me { id } } # 👩‍👩‍👧 ünïcode\n" * 30 + "x" * 300)
    same = page.browser.script(
        "const find = (each) => document.querySelector('#operation ' + each);"
        "const [paint, text] = ['.code-paint', '.code-text'].map(find);"
        "const [one, other] = [paint, text].map((each) => each.getBoundingClientRect());"
        "return text.scrollTop === 0 && text.scrollLeft === 0 && one.top === other.top && one.left === other.left"
        " && text.scrollHeight <= text.clientHeight && text.scrollWidth <= text.clientWidth"
    )
    assert same


def test_the_bar_between_the_panes_moves_with_the_keys_and_stays(page: Explorer) -> None:
    before = page.browser.script("return document.getElementById('operation').offsetWidth")
    page.browser.script("document.getElementById('split-operation').focus()")
    page.browser.press("ArrowRight", "ArrowRight")
    after = page.browser.script("return document.getElementById('operation').offsetWidth")
    assert after == before + 48
    page.open()
    assert page.browser.script("return document.getElementById('operation').offsetWidth") == after
