"""Numbers that are computed from named parameters: ``"= 1000 / f_Hz + 50"`` in place of a number.

Expressions are parsed, never executed: numbers, names, + − * / // % **, comparisons, ``a if b else c``, and the
functions of :data:`FUNCTIONS`.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from lfptools.errors import ConfigError, unknown_name

MARK: Final = "="
"""What an expression starts with."""
LONGEST: Final = 500
_LARGEST_EXPONENT: Final = 1000

FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "abs": abs, "min": min, "max": max, "round": round,
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "log10": math.log10, "log2": math.log2,
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "atan2": math.atan2, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh, "asinh": math.asinh,
    "floor": math.floor, "ceil": math.ceil, "hypot": math.hypot, "radians": math.radians, "degrees": math.degrees,
}  # fmt: skip
CONSTANTS: Final = {"pi": math.pi}
_OPERATORS: Final[dict[type, Callable]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


def is_expression(value: object) -> bool:
    """Whether a value of a study file is to be computed."""
    return isinstance(value, str) and value.lstrip().startswith(MARK)


def evaluate(text: str, names: Mapping[str, float]) -> float:
    """The number that an expression stands for.

    Parameters
    ----------
    text : str
        With its leading ``=``.
    names : mapping of str to float
        The parameters that it may use.

    Raises
    ------
    ConfigError
        If it cannot be read, uses a name that there is not, or has no finite value; says which and where in the text.
    """
    body = text.strip().removeprefix(MARK).strip()
    if len(body) > LONGEST:
        raise ConfigError(f"an expression may have {LONGEST} characters, this one has {len(body)}")
    try:
        tree = ast.parse(body, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ConfigError(f"the expression {text!r} cannot be read: {getattr(error, 'msg', error)}") from error
    try:
        value = _value(tree, names, body)
    except (ArithmeticError, ValueError, TypeError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"the expression {text!r} has no value: {error}") from error
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"the expression {text!r} must be a finite number, got {value!r}")
    return value


def _value(node: ast.AST, names: Mapping[str, float], body: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Name):
        if node.id in names:
            return names[node.id]
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        raise ConfigError(unknown_name("parameter", node.id, {*names, *CONSTANTS}, f"expression {body!r}"))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, names, body), _value(node.right, names, body)
        if isinstance(node.op, ast.Pow) and abs(right) > _LARGEST_EXPONENT:
            raise ConfigError(f"expression {body!r}: an exponent may be up to {_LARGEST_EXPONENT}, got {right:g}")
        return _OPERATORS[type(node.op)](float(left), right)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand, names, body))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, names, body) else node.orelse, names, body)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
        left, right = _value(node.left, names, body), _value(node.comparators[0], names, body)
        return _OPERATORS[type(node.ops[0])](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id not in FUNCTIONS:
            raise ConfigError(unknown_name("function", node.func.id, FUNCTIONS, f"expression {body!r}"))
        return FUNCTIONS[node.func.id](*(_value(one, names, body) for one in node.args))
    part = ast.get_source_segment(body, node) or type(node).__name__
    raise ConfigError(
        f"expression {body!r}: {part!r} is not allowed; expressions hold numbers, names of parameters, arithmetic, "
        f"comparisons and {', '.join(FUNCTIONS)}"
    )
