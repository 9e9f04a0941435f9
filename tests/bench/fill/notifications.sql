-- What notifications have kept after :rows facts, told evenly over the last 300 days.
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
