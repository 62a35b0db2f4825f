"""Facts in words: what is missing, and whose it is to give."""

from __future__ import annotations

_FACTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("run.model_year", "the model year", "年款", "you (--model-year)", "由您给出"),
    ("run.markets", "the markets", "销售市场", "you (--market)", "由您给出"),
    ("run.type_approved", "whether the product is type-approved", "产品是否经型式批准", "you", "由您声明"),
    ("run.support_years", "the support period", "支持期限", "you", "由您声明"),
    ("run.import_year", "the year of import", "进口年份", "you", "由您声明"),
    ("ecu.image_read", "the whole image", "完整镜像", "whoever built it", "镜像构建方"),
    ("governance", "who governs it", "治理方", "a public source, or the supplier", "公开来源或供应商"),
    ("license", "its license", "许可证", "the supplier, or a public source", "供应商或公开来源"),
    ("sourcing.lifecycle", "its life-cycle state", "生命周期状态", "the manufacturer", "制造商"),
    ("sourcing", "its qualified alternates", "合格替代件", "purchasing, in the part list", "采购部门(物料清单)"),
    ("owner", "who owns it", "所有权方", "a public source, or the supplier", "公开来源或供应商"),
    ("hq", "where its maker has its seat", "制造方总部所在地", "a public source, or the supplier", "公开来源或供应商"),
    ("design", "where it is designed", "设计地", "the manufacturer", "制造商"),
    ("fab", "where its wafers are made", "晶圆制造地", "the manufacturer", "制造商"),
    ("assembly", "where it is assembled", "封装地", "the manufacturer", "制造商"),
    ("steward", "who stewards the project", "项目管理方", "a public source", "公开来源"),
    ("maintainer", "who maintains it", "维护方", "a public source, or the supplier", "公开来源或供应商"),
    ("build", "who builds it", "构建方", "the supplier", "供应商"),
    ("sign", "who signs it", "签名方", "the supplier", "供应商"),
    ("training", "where it was trained", "训练地", "the supplier of the model", "模型供应商"),
    ("version", "its version", "版本", "the supplier", "供应商"),
)  # fmt: skip
"""(path or part of one, English, Chinese, who gives it in English, in Chinese)"""


def _row(path: str) -> tuple[str, str, str, str, str] | None:
    return next((row for row in _FACTS if path == row[0] or f".{row[0]}." in f".{path}."), None)


def missing(path: str, language: str = "en") -> str:
    """Return a missing fact in words: `who owns it (component.owner.country)`."""
    row = _row(path)
    if row is None:
        return path
    return f"{row[1]} ({path})" if language == "en" else f"{row[2]}({path})"


def giver(path: str, language: str = "en") -> str:
    """Return whose a fact is to give."""
    row = _row(path)
    if row is None:
        return "the supplier" if language == "en" else "供应商"
    return row[3] if language == "en" else row[4]
