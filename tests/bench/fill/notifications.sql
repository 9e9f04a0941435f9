-- What notifications have kept after :rows facts, told evenly over the last 300 days.
create function pg_temp.at(i bigint) returns timestamptz language sql stable as $$
    select now() - interval '300 days' * (1 - i / :rows::float8) $$;

-- Ids as they are: in the order of time, UUIDv7 where a fact begins, UUIDv8 of what follows from it.
create function pg_temp.id(at timestamptz, version text, name text) returns uuid language sql stable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || version
        || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid $$;

-- People were registered agency by agency, as they still hand in (tests/bench/facts.py).
create function pg_temp.person(i bigint) returns uuid language sql stable as $$
    select pg_temp.id('2025-01-01 00:00+00'::timestamptz + interval '300 days' * (i / :rows::float8), '7', 'e' || i) $$;

-- Half are results, half answers to them.
insert into inbox (fact_id, digest, seen_at)
select pg_temp.id(pg_temp.at(i), case i % 2 when 0 then '7' else '8' end, 'f' || i), i, pg_temp.at(i)
from generate_series(1, :rows) i;

insert into notice (notice_id, recipient_id, agency_id, audience, kind, params, link, import_id,
    about, caused_at, created_at, waited_ms)
select pg_temp.id(pg_temp.at(i), '8', 'n' || i), pg_temp.person(i / 2), md5('a' || i % 600)::uuid,
    'employee', 'result_ready', repeat('p', 120), '/results/' || pg_temp.id(pg_temp.at(i), '7', 'r' || i),
    md5('m' || i / 10000)::uuid, pg_temp.id(pg_temp.at(i), '7', 'r' || i),
    pg_temp.at(i), pg_temp.at(i), 1000
from generate_series(1, :rows) i;
