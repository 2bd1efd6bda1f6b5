"""What the made-up city looks like: orders of magnitude of Qingdao, none of it measured to be exact."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]

DIVISIONS = (
    # code, residents in ten thousands (census of 2020), share of the employed in an office or factory
    ("370202", 48.7, 0.90),
    ("370203", 109.5, 0.88),
    ("370211", 190.4, 0.58),
    ("370212", 50.2, 0.72),
    ("370213", 73.8, 0.80),
    ("370214", 111.0, 0.66),
    ("370215", 133.7, 0.42),
    ("370281", 98.8, 0.44),
    ("370283", 119.1, 0.24),
    ("370285", 72.0, 0.30),
)
CITY = "370200"
"""Issues the cards, and pools the employees' and the public institutions' pensions; a district pools its residents'."""

AGE_SHARES = (
    4.6, 6.2, 4.8, 4.4, 4.6, 5.7, 9.2, 8.2, 7.5, 7.8, 8.4, 7.9, 6.6, 6.4, 3.9, 2.3, 1.5, 0.8, 0.25, 0.06, 0.008
)  # fmt: skip
"""Percent of the people of age 0 to 4, 5 to 9 and so on."""
AGE_BAND = 5

FEMALE_SHARES = (
    0.47, 0.47, 0.47, 0.48, 0.49, 0.49, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50, 0.51, 0.52, 0.53, 0.55, 0.58, 0.62, 0.67,
    0.72, 0.77
)  # fmt: skip

PUBLIC_SHARE = 0.06
"""Share of all insured in public institutions; the rest of the employed are in enterprises, the others residents."""
UNINSURED_SHARE = 0.04
"""The plan speaks of 96 % coverage."""
WOMEN_IN_OFFICES = 0.35
"""Share of employed women who formerly retired at 55, not at 50."""

BANK_SHARES = (0.22, 0.20, 0.12, 0.18, 0.06, 0.12, 0.03, 0.07)

# By scheme in the order of pensions.SCHEMES: median and spread (of the logarithm) of the monthly amount, in fen.
AMOUNTS = ((330_000, 0.30), (21_500, 0.28), (610_000, 0.25))

# Kind, source, share among what is known without touching the person.
SILENT_EVIDENCE = (
    ("OUTPATIENT_SETTLEMENT", "HEALTH_INSURANCE", 0.55),
    ("BANK_IN_PERSON", "BANK", 0.17),
    ("HOSPITAL_STAY", "HEALTH", 0.12),
    ("IDENTITY_CHECKED_TRIP", "TRANSPORT", 0.09),
    ("REMOTE_SETTLEMENT", "HEALTH_INSURANCE", 0.05),
    ("LONG_TERM_CARE", "HEALTH_INSURANCE", 0.02),
)
WEAK_EVIDENCE = (("PHARMACY", "HEALTH_INSURANCE", 0.6), ("APP_LOGIN", "OWN_CHANNEL", 0.4))
# Three kinds of people: their share, and how often in a year something is known of one of them.
HABITS = ((0.73, 6.0), (0.245, 3.6), (0.025, 0.35))
WEAK_A_YEAR = 0.5

SURNAMES = (
    ("王", 10.4), ("张", 9.0), ("李", 8.7), ("刘", 6.9), ("孙", 4.1), ("于", 3.2), ("杨", 2.9), ("陈", 2.8),
    ("赵", 2.8), ("徐", 2.6), ("周", 1.9), ("马", 1.8), ("宋", 1.7), ("高", 1.7), ("郭", 1.5), ("姜", 1.5),
    ("朱", 1.4), ("吴", 1.4), ("韩", 1.3), ("林", 1.2), ("崔", 1.2), ("胡", 1.1), ("曲", 1.0), ("纪", 0.9),
    ("江", 0.9), ("董", 0.9), ("逄", 0.8), ("薛", 0.8), ("丁", 0.8), ("吕", 0.7), ("潘", 0.7), ("隋", 0.7),
    ("战", 0.6), ("辛", 0.6), ("黄", 0.6), ("冷", 0.5), ("矫", 0.4), ("臧", 0.4), ("解", 0.4), ("迟", 0.3),
    ("仇", 0.2), ("宫", 0.2), ("綦", 0.2), ("欧阳", 0.05),
)  # fmt: skip

# Characters of given names by sex and by time of birth: before 1970, before 1995, later. Earlier ones are commoner.
MEN = (
    "德福玉振文国志宝广洪永明春兴富贵祥树喜庆成义",
    "建军强伟勇刚杰涛斌鹏辉波磊超凯旭峰健亮宁洋飞",
    "子浩宇轩泽俊辰睿博晨逸梓铭佳奕霖凡航嘉皓煜恩",
)
WOMEN = (
    "秀英玉兰桂芳淑珍凤美花荣香云莲素爱翠梅月华菊",
    "丽娜敏静艳红霞娟燕玲萍慧婷莉颖洁雪倩琳晶璐蕾",
    "梓涵欣怡诗雨萱妍彤可馨若语晗悦瑶一诺琪思佳晴",
)
ERAS = (1970, 1995)
"""The years in which the fashion of names changed."""
ONE_CHARACTER = 0.15
"""Share of given names of one character."""


def shares(values: Sequence[float]) -> Weights:
    """Make weights that sum up to one."""
    weights = np.array(values, np.float64)
    normal: Weights = weights / weights.sum()
    return normal
