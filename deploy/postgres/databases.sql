-- One database a service: none can read another's tables.
CREATE DATABASE socsec_card;
CREATE DATABASE socsec_eligibility;
CREATE DATABASE socsec_fund_audit;
