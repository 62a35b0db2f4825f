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
    ("sourcing.channels", "its supply channels", "采购渠道数量", "purchasing, in the part list", "采购部门(物料清单)"),
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
    ("years_left", "until when it is made", "停产时间", "the manufacturer", "制造商"),
    ("years_to_start", "when it starts in series", "量产时间", "the manufacturer", "制造商"),
    ("service_years", "how long the vehicle is in service", "车辆服务期", "you (vehicle file)", "由您给出"),
    ("status", "how far its qualification is", "认证状态", "you (vehicle file)", "由您给出"),
    ("gap_weeks", "weeks of stock and of the change", "库存与切换周数", "you (vehicle file)", "由您给出"),
    ("same_party", "whether one owner has both", "是否同属", "a public source, or the supplier", "公开来源或供应商"),
    ("same_fab", "where both wafers are made", "双方晶圆制造地", "the manufacturer", "制造商"),
    ("fab_jurisdiction", "where its wafers are made", "晶圆制造地", "the manufacturer", "制造商"),
    ("same_steward", "who maintains the software of both", "双方软件管理方", "the supplier", "供应商"),
    ("complete", "the rest of the shares", "其余份额", "the material's supplier", "材料供应商"),
    ("top_outside_share", "where it comes from", "来源国家/地区", "the material's supplier", "材料供应商"),
    ("top_outside_share_at_most", "where the rest is from", "其余来源", "the material's supplier", "材料供应商"),
    ("hhi", "where it comes from", "来源国家/地区", "the material's supplier", "材料供应商"),
    ("hhi_at_most", "where the rest is from", "其余来源", "the material's supplier", "材料供应商"),
    ("recycled_share", "how much of it is recycled", "再生占比", "the material's supplier", "材料供应商"),
    ("age", "the year of its shares", "份额年份", "the material's supplier", "材料供应商"),
    ("control", "which export controls hold", "适用的出口管制", "a public source", "公开来源"),
    ("jurisdiction", "where that is", "所在地", "the supplier", "供应商"),
    ("leaving_share", "what remains when a contributor leaves", "退出后的剩余", "the owner of the data", "数据所有者"),
    ("top_contributor_share", "the shares of its contributors", "参与方份额", "the owner of the data", "数据所有者"),
    ("revocable", "the rights of its contributors", "参与方权利", "the owner of the data", "数据所有者"),
    ("cross_border", "whether it crosses a border", "是否跨境", "the owner of the data", "数据所有者"),
    ("other_accelerator", "what its alternates run on", "替代模型的加速器", "the supplier of the model", "模型供应商"),
    ("stack", "whether the stack is modular", "架构是否模块化", "the supplier of the model", "模型供应商"),
    ("asil", "the ASIL", "ASIL 等级", "you (vehicle file)", "由您给出"),
    ("tier", "at which tier it works", "所处层级", "the direct supplier", "直接供应商"),
)  # fmt: skip
"""(path or part of one, English, Chinese, who gives it in English, in Chinese)"""


def _row(path: str) -> tuple[str, str, str, str, str] | None:
    return next((row for row in _FACTS if path == row[0] or f".{row[0]}." in f".{path}."), None)


def about(path: str) -> str | None:
    """Return which fact of the table a path is, by its first column; None = it is not in the table."""
    row = _row(path)
    return row[0] if row else None


def by_user(path: str) -> bool:
    """Whether only the user can say it: a fact of the run or of the vehicle file."""
    return giver(path).split(" ")[0] == "you"


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


def givers(language: str) -> dict[str, str]:
    """Return every answer of `giver` in English -> the same in a language."""
    place = 3 if language == "en" else 4
    return {row[3]: row[place] for row in _FACTS} | {"the supplier": giver("", language)}
