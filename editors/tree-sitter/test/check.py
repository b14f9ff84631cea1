"""Tests the grammar without tree-sitter's command: parses texts, runs the corpus, compiles the queries.

    check.py LIBRARY FOLDER

LIBRARY is `src/parser.c` compiled to a shared library, FOLDER holds texts (`*.mcpz`) that the parser of mcpz accepts. Each must be
parsed without an error, each corpus test must give its tree, each query must compile and find something, and `src/grammar.stamp`
must be of the grammar that is there. Ends with 1 and says what is wrong.
"""

import ctypes
import pathlib
import re
import sys

import stamp
import tree_sitter

HERE = pathlib.Path(__file__).resolve().parent.parent


def language(library):
    function = ctypes.CDLL(library).tree_sitter_mcpz
    function.restype = ctypes.c_void_p
    # The address is handed over as a capsule, as wheels of grammars do.
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return tree_sitter.Language(capsule(function(), b"tree_sitter.Language", None))


def first_error(node):
    """The place of the first error in a tree."""
    if node.is_missing or node.type == "ERROR":
        return node
    for child in node.children:
        if child.has_error or child.is_missing:
            return first_error(child)
    return node


def sexpr(node, name=None):
    head = f"{name}: " if name else ""
    parts = [node.type]
    for index, child in enumerate(node.children):
        if child.is_named:
            parts.append(sexpr(child, None))
    return head + "(" + " ".join(parts) + ")"


def without_fields(text):
    return re.sub(r"\s+", " ", re.sub(r"\b[a-z_]+: ", "", text)).replace("( ", "(").replace(" )", ")").strip()


def check_texts(parser, folder):
    files = sorted(pathlib.Path(folder).glob("*.mcpz"))
    wrong = []
    for file in files:
        text = file.read_bytes()
        root = parser.parse(text).root_node
        if root.has_error:
            node = first_error(root)
            line = text.split(b"\n")[node.start_point[0]].decode()
            wrong.append(f"{file.name}:{node.start_point[0] + 1}:{node.start_point[1] + 1}: {node.type}: {line}")
    print(f"texts: {len(files) - len(wrong)} of {len(files)} parsed")
    if not files:
        wrong.append(f"{folder} holds no text")
    return wrong


def check_corpus(parser):
    count, wrong = 0, []
    test = re.compile(r"^=+\n([^\n]+)\n=+\n(.*?)\n---\n(.*?)(?=^=+\n|\Z)", re.M | re.S)
    for file in sorted((HERE / "test/corpus").glob("*.txt")):
        for title, text, tree in test.findall(file.read_text()):
            count += 1
            got = without_fields(sexpr(parser.parse(text.encode()).root_node))
            if got != without_fields(tree):
                wrong.append(f"{file.name}: {title}\n  expected {without_fields(tree)}\n  got      {got}")
    print(f"corpus: {count - len(wrong)} of {count} tests passed")
    if count < 40:
        wrong.append("the corpus was not found")
    return wrong


def check_queries(parser, grammar, folder):
    wrong = []
    trees = [parser.parse(file.read_bytes()) for file in sorted(pathlib.Path(folder).glob("*.mcpz"))]
    for file in sorted((HERE / "queries").glob("*.scm")):
        try:
            query = tree_sitter.Query(grammar, file.read_text())
        except tree_sitter.QueryError as error:
            wrong.append(f"{file.name}: {error}")
            continue
        found = set()
        for tree in trees:
            found.update(tree_sitter.QueryCursor(query).captures(tree.root_node))
        print(f"{file.name}: captures {', '.join(sorted(found))}")
        if not found:
            wrong.append(f"{file.name} finds nothing")
    return wrong


def main(library, folder):
    grammar = language(library)
    parser = tree_sitter.Parser(grammar)
    wrong = check_texts(parser, folder) + check_corpus(parser) + check_queries(parser, grammar, folder)
    if stamp.FILE.read_text() != stamp.stamp():
        wrong.append("src/parser.c is stale: run `npm run generate` in editors/tree-sitter")
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
