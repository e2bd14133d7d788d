"""Functions on Arrow columns: find the text column, read values, and replace texts."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dedup.formats.tables import find_column, find_columns
from dedup.model.utf8 import decode

#: The Arrow type that text is read as. Its bytes need not be UTF-8.
_TEXT = pa.large_binary()
_ARTICLE = pa.large_list(_TEXT)
_BINARY = ("string", "large_string", "binary", "large_binary", "fixed_size_binary", "null")


def columns_at(schema: Any, path: str) -> list[int]:
    """The indexes of all columns that a dotted path can mean.

    These are the columns named like the whole path, or else like its first part, ignoring case.
    """
    return find_columns(schema.names, path) or find_columns(schema.names, path.partition(".")[0])


def field_path(schema: Any, path: str) -> list[str]:
    """The names of the column and the struct fields that lead to a value, as the schema spells them.

    A column that is named like the whole path, with its dots, comes first.
    """
    index = find_column(schema.names, path)
    if index is not None:
        return [schema.names[index]]
    spelled = []
    names = schema.names
    kind = None
    for name in path.split("."):
        index = find_column(names, name)
        spelled.append(name if index is None else names[index])
        kind = None if index is None else (schema if kind is None else kind).field(index).type
        names = [kind.field(k).name for k in range(kind.num_fields)] if kind and pa.types.is_struct(kind) else []
    return spelled


def type_at(schema: Any, path: str) -> Any:
    """The type of the values at a path.

    Raises:
        LookupError: The schema has no such path.
    """
    first, *rest = field_path(schema, path)
    kind = schema.field(first).type
    for name in rest:
        if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
            raise LookupError(name)
        kind = kind.field(name).type
    return kind


def column_at(batch: Any, path: str) -> Any:
    """The array of the values at a path."""
    first, *rest = field_path(batch.schema, path)
    array = batch.column(first)
    return pc.struct_field(array, rest) if rest else array


def replace_column(batch: Any, path: str, new: Any) -> Any:
    """The batch with the array `new` at a path."""
    first, *rest = field_path(batch.schema, path)
    index = batch.schema.get_field_index(first)
    return batch.set_column(index, batch.schema.field(index), _put(batch.column(index), rest, new))


def _put(array: Any, names: Sequence[str], new: Any) -> Any:
    if not names:
        return new
    fields = [array.type.field(k) for k in range(array.type.num_fields)]
    parts = [
        _put(pc.struct_field(array, k), names[1:], new) if field.name == names[0] else pc.struct_field(array, k)
        for k, field in enumerate(fields)
    ]
    return pa.StructArray.from_arrays(parts, fields=fields, mask=array.is_null())


def is_text(kind: Any) -> bool:
    """Whether a column of this type holds texts, or lists of paragraphs."""
    return _is_string(kind.value_type if _is_list(kind) else kind)


def _is_string(kind: Any) -> bool:
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(getattr(pa.types, f"is_{name}")(kind) for name in _BINARY)


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def texts(array: Any) -> list[bytes | list[bytes | None] | None]:
    """The text of each row, or its list of paragraphs, or None for a row without a text."""
    values: list[bytes | list[bytes | None] | None] = array.cast(
        _ARTICLE if _is_list(array.type) else _TEXT
    ).to_pylist()
    return values


def text_array(values: Sequence[bytes | list[bytes | None] | None], kind: Any) -> Any:
    """An array of the type `kind` with these texts, or lists of paragraphs."""
    array = pa.array(values, _ARTICLE if _is_list(kind) else _TEXT)
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, array.cast(kind.storage_type, safe=False))
    return array.cast(kind, safe=False)  # a safe cast would refuse bytes that are not UTF-8


def can_shrink(kind: Any) -> bool:
    """Whether texts of this type can become shorter, so that paragraphs can be removed."""
    return not (pa.types.is_fixed_size_list(kind) or pa.types.is_fixed_size_binary(kind))


def as_python(scalar: Any) -> Any:
    """Convert a value to a type that JSON has. Values of other types become strings."""
    if pa.types.is_struct(scalar.type):
        return {name: as_python(value) for name, value in scalar.items()} if scalar.is_valid else None
    if isinstance(scalar, pa.ListScalar):
        return [as_python(value) for value in scalar.values] if scalar.is_valid else None
    try:
        return _as_json(_without_pandas(scalar.as_py()))
    except UnicodeDecodeError:
        return decode(scalar.cast(pa.binary()).as_py())
    except (ValueError, OverflowError):  # Python cannot represent such an exact or distant time
        return str(scalar.cast(pa.string()).as_py())


def _without_pandas(value: Any) -> Any:
    """A time as Python has it. Where pandas is installed, pyarrow makes times of pandas out of nanoseconds.

    Raises ValueError if Python cannot represent it, as pyarrow does without pandas.
    """
    if type(value).__module__.partition(".")[0] != "pandas":
        return value
    if getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0):
        raise ValueError("a time with nanoseconds")
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value.to_pytimedelta()


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return decode(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def unique_names(schema: Any) -> list[str]:
    """The names of the columns. If several columns have one name, the later ones get a number."""
    counts: dict[str, int] = {}
    unique = []
    for name in schema.names:
        counts[name] = counts.get(name, 0) + 1
        unique.append(name if counts[name] == 1 else f"{name} {counts[name]}")
    return unique


def without_views(schema: Any) -> Any:
    """The schema with plain strings instead of string views, because pyarrow cannot filter rows of views."""
    return pa.schema([_map_field(field, lambda _: True) for field in schema], schema.metadata)


def writable(schema: Any) -> Any:
    """The schema with plain strings instead of string views in structs, because pyarrow cannot write those."""
    return pa.schema([_map_field(field, _holds_struct) for field in schema], schema.metadata)


def _map_field(field: Any, wanted: Callable[[Any], bool]) -> Any:
    return field.with_type(_plain(field.type)) if wanted(field.type) else field


def _holds_struct(kind: Any) -> bool:
    return pa.types.is_struct(kind) or any(_holds_struct(kind.field(k).type) for k in range(kind.num_fields))


def _plain(kind: Any) -> Any:
    is_ = pa.types
    if is_.is_string_view(kind):
        return pa.string()
    if is_.is_binary_view(kind):
        return pa.binary()
    if is_.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain(kind.value_type), kind.ordered)
    inner = [kind.field(k) for k in range(kind.num_fields)] if is_.is_nested(kind) else []
    inner = [field.with_type(_plain(field.type)) for field in inner]
    if is_.is_struct(kind):
        return pa.struct(inner)
    if is_.is_map(kind):
        return pa.map_(
            *(field.with_type(_plain(field.type)) for field in (kind.key_field, kind.item_field)), kind.keys_sorted
        )
    if is_.is_list(kind):
        return pa.list_(*inner)
    if is_.is_large_list(kind):
        return pa.large_list(*inner)
    return pa.list_(*inner, kind.list_size) if is_.is_fixed_size_list(kind) else kind
