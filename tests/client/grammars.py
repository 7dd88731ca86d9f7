"""The syntax of the languages that cannot be compiled here."""

import tree_sitter_dart
import tree_sitter_kotlin
import tree_sitter_swift
import tree_sitter_typescript
from tree_sitter import Language, Parser

GRAMMARS = {
    "dart": tree_sitter_dart.language,
    "kotlin": tree_sitter_kotlin.language,
    "swift": tree_sitter_swift.language,
    "tsx": tree_sitter_typescript.language_tsx,
}


def is_valid(language, code):
    tree = Parser(Language(GRAMMARS[language]())).parse(code.encode())
    return not tree.root_node.has_error
