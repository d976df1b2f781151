from __future__ import annotations

import nbformat
import pytest

from tools.lessons.stored_outputs import WIDGET_VIEW, clean_notebook

v4 = nbformat.v4
BAR = "\r 50%|##   | 6/12 [00:03<00:03,  2.00it/s]\r100%|####| 12/12 [00:06<00:00]"


def cleaned(*outputs, **metadata):
    cell = v4.new_code_cell("x", outputs=list(outputs), execution_count=7, **metadata)
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("a"), cell])
    return clean_notebook(notebook).cells[1]


def stream(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        (f"epoch 1\n{BAR}\nepoch 2\n", "epoch 1\nepoch 2\n"),
        ("UserWarning: 50% of the images\n", "UserWarning: 50% of the images\n"),
        ("1 of 3\r2 of 3\r3 of 3\n", "3 of 3\n"),
        ("\x1b[31mred\x1b[0m\n", "red\n"),
    ],
)
def test_a_stream_keeps_what_a_terminal_shows_at_the_end(printed, kept):
    cell = cleaned(stream(BAR, "stderr"), stream(printed))
    assert [one.text for one in cell.outputs] == [kept]


def test_neighbouring_pieces_of_a_stream_are_joined():
    cell = cleaned(stream("a"), stream("b\n"), stream("c", "stderr"), stream("d"))
    assert [(one.name, one.text) for one in cell.outputs] == [
        ("stdout", "ab\n"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_widgets_and_their_state_are_dropped():
    view = v4.new_output("display_data", data={WIDGET_VIEW: {}, "text/plain": "bar"})
    cell = v4.new_code_cell("x", outputs=[view])
    notebook = v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    clean_notebook(notebook)
    assert cell.outputs == []
    assert "widgets" not in notebook.metadata


def test_execution_counts_run_from_one_and_times_go():
    result = v4.new_output(
        "execute_result", data={"text/plain": "1"}, execution_count=7
    )
    cell = cleaned(result, metadata={"execution": {"iopub.execute_input": "2026"}})
    assert cell.execution_count == 1
    assert cell.outputs[0].execution_count == 1
    assert "execution" not in cell.metadata


def test_errors_keep_their_message_and_lose_the_paths_of_the_machine():
    error = v4.new_output(
        "error", ename="ValueError", evalue="bad", traceback=["/home/a/b.py", "line 1"]
    )
    assert cleaned(error).outputs[0].traceback == ["ValueError: bad"]


def test_pictures_are_stored_on_one_line():
    picture = v4.new_output("display_data", data={"image/png": "aGVs\nbG8=\n"})
    assert cleaned(picture).outputs[0].data["image/png"] == "aGVsbG8=\n"
