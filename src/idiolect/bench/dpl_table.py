"""Table 1 of Qiu et al. 2025 (arXiv 2503.02450), the figures as printed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from idiolect.bench.paper import PaperTable, parsed

DATA = ("Movies_and_TV", "CDs_and_Vinyl", "Books")
#: `judge_72b` is Qwen2.5-72B-Instruct (AWQ), `judge_gpt` GPT-4o-mini, both 0..1.
UPPER = ("rouge1", "meteor", "judge_72b")
LOWER = ("rougeL", "bleu", "judge_gpt")

_UPPER = """
Non-Perso   .2279±.0022 .1301±.0008 .5372±.0043  .2396±.0029 .1327±.0007 .5351±.0048  .2711±.0058 .1511±.0023 .5497±.0050
RAG         .2844±.0017 .1870±.0050 .5852±.0042  .2914±.0014 .1857±.0076 .5804±.0057  .3238±.0031 .2171±.0041 .6158±.0043
IntSum      .2843±.0027 .1949±.0031 .6054±.0029  .2958±.0015 .1956±.0031 .5986±.0032  .3183±.0033 .2280±.0043 .6284±.0040
LLM-TRSR    .2826±.0021 .1943±.0026 .6097±.0032  .2937±.0023 .1952±.0029 .6003±.0037  .3140±.0034 .2250±.0034 .6292±.0071
CICL        .2874±.0029 .1946±.0037 .6048±.0039  .2986±.0020 .1946±.0048 .5967±.0052  .3262±.0046 .2339±.0033 .6250±.0080
Persona-DB  .2833±.0028 .1930±.0044 .6068±.0044  .2935±.0013 .1912±.0045 .5974±.0062  .3271±.0040 .2368±.0048 .6292±.0062
DPL         .2940±.0022 .1990±.0033 .6125±.0048  .3072±.0024 .2036±.0035 .6098±.0064  .3318±.0047 .2411±.0024 .6300±.0083
"""  # noqa: E501
_LOWER = """
Non-Perso   .1269±.0022 0.3463±.0098 .4132±.0046  .1273±.0027 0.4783±.0170 .4215±.0011  .1457±.0034 1.2616±.0349 .4642±.0033
RAG         .1431±.0043 1.7188±.0758 .4336±.0137  .1418±.0032 1.9271±.1491 .4456±.0079  .1636±.0034 4.1082±.1215 .5077±.0066
IntSum      .1424±.0036 2.0619±.0355 .4345±.0093  .1422±.0031 2.3621±.0775 .4482±.0034  .1614±.0030 4.6256±.2021 .5102±.0044
LLM-TRSR    .1439±.0039 2.0834±.0298 .4350±.0077  .1417±.0032 2.3628±.0538 .4472±.0034  .1603±.0034 4.6268±.2724 .5019±.0056
CICL        .1439±.0039 2.0576±.0795 .4353±.0094  .1433±.0033 2.2978±.1200 .4454±.0062  .1664±.0041 5.1555±.2748 .5090±.0048
Persona-DB  .1425±.0037 1.9898±.0777 .4369±.0082  .1421±.0033 2.1616±.1455 .4467±.0069  .1672±.0036 5.1862±.2064 .5123±.0085
DPL         .1466±.0035 2.2981±.0639 .4437±.0057  .1463±.0037 2.6803±.0559 .4556±.0052  .1720±.0045 5.9379±.3108 .5224±.0091
"""  # noqa: E501


def _table() -> PaperTable:
    methods, upper = parsed(DATA, UPPER, _UPPER)
    _, lower = parsed(DATA, LOWER, _LOWER)
    return PaperTable(
        source="Qiu et al. 2025, arXiv 2503.02450, table 1",
        model="Qwen2.5-7B-Instruct",
        encoder="gte-Qwen2-1.5B-instruct",
        data=DATA,
        methods=methods,
        metrics=("rouge1", "rougeL", "meteor", "bleu", "judge_72b", "judge_gpt"),
        figures=MappingProxyType({**upper, **lower}),
    )


#: The paper's tables that can be made again, by number.
TABLES: Mapping[int, PaperTable] = MappingProxyType({1: _table()})
