"""What an injured worker is paid by the grade of disability, and how it stands to the pension (伤残待遇)."""

from services.eligibility.book.ops import BP, half_up, least, logical_and, logical_not, most, where
from services.eligibility.book.rule import rule

GRADE_4 = 4
GRADE_6 = 6


@rule("工伤保险条例 第六十四条（按统筹地区职工平均工资的60%至300%计算）")
def injury_wage_fen(
    own_wage_fen: int, average_wage_at_injury_fen: int, least_injury_wage_bp: int, most_injury_wage_bp: int
) -> int:
    """Own wage as it counts: the mean of the twelve months before the accident, within limits of the average wage."""
    lowest_fen = half_up(average_wage_at_injury_fen * least_injury_wage_bp, BP)
    highest_fen = half_up(average_wage_at_injury_fen * most_injury_wage_bp, BP)
    return least(most(own_wage_fen, lowest_fen), highest_fen)


@rule("工伤保险条例 第三十五条至第三十七条（一次性伤残补助金）")
def disability_lump_fen(injury_wage_fen: int, disability_lump_months: int) -> int:
    """Lump by grade, once, from the fund."""
    return injury_wage_fen * disability_lump_months


@rule("工伤保险条例 第三十五条、第三十六条（实际金额低于当地最低工资标准的补足差额）")
def disability_allowance_fen(injury_wage_fen: int, disability_allowance_bp: int, minimum_wage_fen: int) -> int:
    """Monthly allowance of the grade, not below the minimum wage; none from grade 7 on."""
    allowance_fen = most(half_up(injury_wage_fen * disability_allowance_bp, BP), minimum_wage_fen)
    return where(disability_allowance_bp > 0, allowance_fen, 0)


@rule("工伤保险条例 第三十五条")
def gave_up_work(injury_grade: int) -> bool:
    """Whether the grade is one of those with which the worker leaves the post: 1 to 4."""
    return injury_grade <= GRADE_4


@rule("社会保险法 第四十条；工伤保险条例 第三十五条")
def allowance_gives_way_to_pension(gave_up_work: bool, draws_employee_pension: int) -> bool:
    """Whether a pension is drawn in place of the allowance."""
    return logical_and(gave_up_work, draws_employee_pension == 1)


@rule("社会保险法 第四十条；工伤保险条例 第三十五条（基本养老保险待遇低于伤残津贴的，补足差额）")
def fund_allowance_fen(
    gave_up_work: bool,
    disability_allowance_fen: int,
    allowance_gives_way_to_pension: bool,
    drawn_pension_fen: int,
) -> int:
    """Monthly allowance from the fund, grades 1 to 4; beside a pension what that lacks to the allowance."""
    difference_fen = most(disability_allowance_fen - drawn_pension_fen, 0)
    fund_fen = where(allowance_gives_way_to_pension, difference_fen, disability_allowance_fen)
    return where(gave_up_work, fund_fen, 0)


@rule("工伤保险条例 第三十六条")
def employer_must_find_work(injury_grade: int) -> bool:
    """Whether the grade is one of those with which the employer finds fitting work or pays: 5 and 6."""
    return logical_and(injury_grade > GRADE_4, injury_grade <= GRADE_6)


@rule("工伤保险条例 第三十六条（难以安排工作的，由用人单位按月发给）")
def employer_allowance_fen(
    employer_must_find_work: bool, work_can_be_given: int, leaves_employer: int, disability_allowance_fen: int
) -> int:
    """Monthly allowance from the employer, grades 5 and 6: when no work can be given and the employment goes on."""
    pays = logical_and(employer_must_find_work, work_can_be_given == 0, leaves_employer == 0)
    return where(pays, disability_allowance_fen, 0)


@rule("工伤保险条例 第三十四条（生活护理费：50%、40%、30%）")
def care_allowance_fen(average_wage_fen: int, care_rate_bp: int) -> int:
    """Monthly allowance for care, by the need of it, from the fund."""
    return half_up(average_wage_fen * care_rate_bp, BP)


@rule("工伤保险条例 第三十四条、第三十五条")
def injury_monthly_fen(fund_allowance_fen: int, care_allowance_fen: int) -> int:
    """Amount that the fund pays every month."""
    return fund_allowance_fen + care_allowance_fen


@rule("工伤保险条例 第三十六条、第三十七条")
def may_leave_with_grants(gave_up_work: bool) -> bool:
    """Whether the grade is one with which the worker may leave the employer and is paid grants: 5 to 10."""
    return logical_not(gave_up_work)


@rule("工伤保险条例 第三十六条、第三十七条；山东省一次性工伤医疗补助金标准（待核）")
def medical_grant_fen(leaves_employer: int, average_wage_fen: int, medical_grant_months: int) -> int:
    """Grant for medical care on leaving, from the fund."""
    return where(leaves_employer == 1, average_wage_fen * medical_grant_months, 0)


@rule("工伤保险条例 第三十六条、第三十七条；山东省一次性伤残就业补助金标准（待核）")
def employment_grant_fen(leaves_employer: int, average_wage_fen: int, employment_grant_months: int) -> int:
    """Grant for finding work on leaving, from the employer."""
    return where(leaves_employer == 1, average_wage_fen * employment_grant_months, 0)


@rule("工伤保险条例 第二十条、第二十三条")
def injury_is_recognized(injury_recognized: int) -> bool:
    """Whether the injury is recognized as one by work."""
    return injury_recognized == 1


@rule("社会保险法 第四十三条（二）；工伤保险条例 第四十二条")
def accepts_appraisal(refuses_appraisal: int) -> bool:
    """Whether the appraisal of the capacity to work is not refused."""
    return refuses_appraisal == 0


@rule("社会保险法 第四十三条（三）；工伤保险条例 第四十二条")
def accepts_treatment(refuses_treatment: int) -> bool:
    """Whether treatment is not refused."""
    return refuses_treatment == 0


@rule("工伤保险条例 第三十三条至第三十七条、第四十二条")
def may_draw_injury_benefits(injury_is_recognized: bool, accepts_appraisal: bool, accepts_treatment: bool) -> bool:
    """Whether the benefits of the grade are paid."""
    return logical_and(injury_is_recognized, accepts_appraisal, accepts_treatment)
