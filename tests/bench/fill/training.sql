-- What training has kept after :rows evaluations, told evenly over the last 300 days.
-- A month's parcels have numbers of their own (shared/months.py).
create function pg_temp.first_parcel(at timestamptz) returns bigint language sql stable as $$
    select (extract(year from at at time zone 'utc') * 12 + extract(month from at at time zone 'utc') - 1)::bigint
        * 4294967296 $$;

insert into inbox (fact_id, digest, seen_at)
select pg_temp.id(pg_temp.at(i), '7', 'f' || i), i, pg_temp.at(i) from generate_series(1, :rows) i;

insert into recommendation_set
select pg_temp.id(pg_temp.at(i), '7', 'r' || i), 1, 1, pg_temp.person(i), md5('a' || i % 600)::uuid,
    pg_temp.person(i / 20 * 20), md5('m' || i / 10000)::uuid, 'ANNUAL', 2024, 0,
    '2024-01-01', '2024-12-31', 'GOOD', false, '2026-01', pg_temp.at(i), 0, '[]', '[]'
from generate_series(1, :rows) i;

insert into told (id, shard, fact_id, topic, key, payload, headers, put_at)
select pg_temp.first_parcel(pg_temp.at(i)) * 1024 + 1024 + i, 0, pg_temp.id(pg_temp.at(i), '8', 't' || i),
    'training.recommendations.v1', convert_to(pg_temp.person(i)::text, 'utf8'),
    convert_to(repeat('x', 480), 'utf8'), convert_to(repeat('y', 120), 'utf8'), pg_temp.at(i)
from generate_series(1, :rows) i;

select setval('outbox_id_seq', pg_temp.first_parcel(now()) + 2 + :rows / 1024);
