-- What training has kept after :rows evaluations, the oldest 300 days ago.
create function pg_temp.old_id(i bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1600000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3)
        || '8' || substr(md5(i::text), 4, 15))::uuid $$;

insert into inbox (fact_id, digest, seen_at)
select pg_temp.old_id(i), i, now() - interval '300 days' + i * interval '1 second'
from generate_series(1, :rows) i;

insert into recommendation_set
select pg_temp.old_id(i), 1, 1, md5('e' || i)::uuid, md5('a' || i % 600)::uuid,
    md5('e' || i / 20)::uuid, md5('m' || i / 10000)::uuid, 'ANNUAL', 2024, 0,
    '2024-01-01', '2024-12-31', 'GOOD', false, '2026-01',
    now() - interval '300 days' + i * interval '1 second', 0, '[]', '[]'
from generate_series(1, :rows) i;

insert into told (id, shard, fact_id, topic, key, payload, headers, put_at)
select 1024 + i, 0, md5('f' || i)::uuid, 'training.recommendations.v1',
    convert_to(md5('e' || i)::uuid::text, 'utf8'), convert_to(repeat('x', 480), 'utf8'),
    convert_to(repeat('y', 420), 'utf8'), now() - interval '300 days' + i * interval '1 second'
from generate_series(1, :rows) i;

select setval('outbox_id_seq', 2 + :rows / 1024);
