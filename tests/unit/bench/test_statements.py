from bench.serving.recording import Commands, Page, Statement
from bench.serving.statements import shortened, trips


def test_a_page_waits_once_for_each_statement_and_for_commands_written_at_once() -> None:
    statement, commands = Statement("SELECT 1", None), Commands(1, b"...", 3)
    pages = [Page([statement, commands, statement], b""), Page([commands], b"")]
    assert trips(pages) == (1, 1)


def test_a_statement_is_known_by_the_tables_it_reads() -> None:
    text = "SELECT p.id\nFROM posts AS p JOIN users ON users.id = p.author_id\nJOIN posts AS q ON true"
    assert shortened(text).startswith("posts, users: SELECT p.id FROM posts AS p JOIN")
    assert len(shortened(text * 9)) == 90
