"""What each dependant of a worker who died by work is paid every month (供养亲属抚恤金)."""

from services.eligibility.book.ops import BP, half_up, logical_and, logical_not, logical_or, most, where
from services.eligibility.book.rule import rule

SPOUSE = 1
PARENT = 3
GRANDPARENT = 4


@rule("因工死亡职工供养亲属范围规定 第三条（二）（三）（五）")
def may_be_dependant_by_old_age(dependant_relation: int) -> bool:
    """Whether old age makes such a relative a dependant: the spouse, parents and grandparents."""
    return logical_or(dependant_relation == SPOUSE, dependant_relation == PARENT, dependant_relation == GRANDPARENT)


@rule("因工死亡职工供养亲属范围规定 第三条（一）至（三）、（五）")
def needs_old_age(may_be_dependant_by_old_age: bool, wholly_incapable: int) -> bool:
    """Whether such a relative counts by age only, being able to work."""
    return logical_and(may_be_dependant_by_old_age, wholly_incapable == 0)


@rule("因工死亡职工供养亲属范围规定 第二条")
def is_spouse_of_the_dead(dependant_relation: int) -> bool:
    """Whether the dependant is the spouse."""
    return dependant_relation == SPOUSE


@rule("因工死亡职工供养亲属范围规定 第三条（一）、（五）至（七）")
def counts_after_nearer_kin(dependant_relation: int, wholly_incapable: int) -> bool:
    """Whether the relative counts only when nobody nearer can: grandparents, grandchildren, siblings able to work."""
    return logical_and(dependant_relation >= GRANDPARENT, wholly_incapable == 0)


@rule("因工死亡职工供养亲属范围规定 第三条（二）（三）（五）（男年满60周岁、女年满55周岁）")
def dependant_by_old_age(
    as_of_month: int,
    birth_month: int,
    may_be_dependant_by_old_age: bool,
    dependant_is_woman: int,
    dependant_man_age_months: int,
    dependant_woman_age_months: int,
) -> bool:
    """Whether the relative is a dependant by old age."""
    age_months = where(dependant_is_woman == 1, dependant_woman_age_months, dependant_man_age_months)
    return logical_and(may_be_dependant_by_old_age, as_of_month - birth_month >= age_months)


@rule("因工死亡职工供养亲属范围规定 第三条（四）（六）（七）（未满18周岁）、第四条（一）")
def dependant_by_youth(
    as_of_month: int, birth_month: int, may_be_dependant_by_old_age: bool, dependant_grown_up_months: int
) -> bool:
    """Whether the relative is a dependant by youth: a child, grandchild or sibling under age."""
    young = as_of_month - birth_month < dependant_grown_up_months
    return logical_and(logical_not(may_be_dependant_by_old_age), young)


@rule("因工死亡职工供养亲属范围规定 第三条（一）至（七）")
def dependant_by_age_or_incapacity(dependant_by_old_age: bool, dependant_by_youth: bool, wholly_incapable: int) -> bool:
    """Whether the relative is too old, too young or wholly unable to work."""
    return logical_or(dependant_by_old_age, dependant_by_youth, wholly_incapable == 1)


@rule("因工死亡职工供养亲属范围规定 第二条、第三条（依靠因工死亡职工生前提供主要生活来源）")
def lived_on_the_dead(supported_by_the_dead: int) -> bool:
    """Whether the relative lived mainly on what the worker earned."""
    return supported_by_the_dead == 1


@rule("因工死亡职工供养亲属范围规定 第三条（五）至（七）")
def nobody_nearer(counts_after_nearer_kin: bool, nearer_kin_cannot: int) -> bool:
    """Whether those who come before the relative are dead or cannot, if the relative counts after them."""
    return logical_or(logical_not(counts_after_nearer_kin), nearer_kin_cannot == 1)


@rule("因工死亡职工供养亲属范围规定 第四条（二）（就业或参军）")
def earns_no_living(works_again: int, called_up: int) -> bool:
    """Whether the relative neither works nor serves in the army."""
    return logical_and(works_again == 0, called_up == 0)


@rule("因工死亡职工供养亲属范围规定 第四条（三）（工亡职工配偶再婚）")
def not_remarried(is_spouse_of_the_dead: bool, remarried: int) -> bool:
    """Whether the dependant is no spouse who married again."""
    return logical_not(logical_and(is_spouse_of_the_dead, remarried == 1))


@rule("因工死亡职工供养亲属范围规定 第四条（四）（被他人或组织收养）")
def not_adopted(adopted_by_others: int) -> bool:
    """Whether nobody else adopted the relative."""
    return adopted_by_others == 0


@rule("因工死亡职工供养亲属范围规定 第五条（判刑收监执行期间停止）")
def dependant_not_in_prison(in_prison: int) -> bool:
    """Whether no sentence is served in prison; the allowance goes on afterwards."""
    return in_prison == 0


@rule("工伤保险条例 第三十九条（二）、第四十一条")
def dependants_month_reached(as_of_month: int, dependants_first_month: int) -> bool:
    """Whether the first month of the allowance is reached."""
    return as_of_month >= dependants_first_month


@rule("工伤保险条例 第三十九条（二）（配偶40%，其他亲属30%，孤寡老人或者孤儿增加10%）")
def dependant_share_bp(dependant_rate_bp: int, alone_or_orphan: int, alone_addition_bp: int) -> int:
    """Share of the wage that the relative is due."""
    return dependant_rate_bp + where(alone_or_orphan == 1, alone_addition_bp, 0)


@rule("工伤保险条例 第三十九条（二）（各供养亲属之和不高于本人工资；超过的按比例，待核）", unverified=True)
def dependants_allowance_fen(injury_wage_fen: int, dependant_share_bp: int, all_dependants_bp: int) -> int:
    """Monthly allowance; when all shares together are more than the wage, each is less in proportion."""
    return half_up(injury_wage_fen * dependant_share_bp, most(most(all_dependants_bp, dependant_share_bp), BP))


@rule("工伤保险条例 第三十九条（二）；因工死亡职工供养亲属范围规定")
def may_draw_dependants_allowance(
    injury_is_recognized: bool,
    dependants_month_reached: bool,
    lived_on_the_dead: bool,
    dependant_by_age_or_incapacity: bool,
    nobody_nearer: bool,
    earns_no_living: bool,
    not_remarried: bool,
    not_adopted: bool,
    dependant_not_in_prison: bool,
) -> bool:
    """Whether the relative draws the dependants' allowance in the month."""
    return logical_and(
        injury_is_recognized,
        dependants_month_reached,
        lived_on_the_dead,
        dependant_by_age_or_incapacity,
        nobody_nearer,
        earns_no_living,
        not_remarried,
        not_adopted,
        dependant_not_in_prison,
    )
