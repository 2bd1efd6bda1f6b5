"""Whether a pensioner still qualifies (待遇领取资格认证): the numbers of the state machine."""
