-- What notifications have kept after :rows facts, the oldest 300 days ago.
create function pg_temp.old_id(i bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1600000000000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 3)
        || '8' || substr(md5(i::text), 4, 15))::uuid $$;

insert into inbox (fact_id, digest, seen_at)
select pg_temp.old_id(i), i, now() - interval '300 days' + i * interval '1 second'
from generate_series(1, :rows) i;

insert into notice (notice_id, recipient_id, agency_id, audience, kind, params, link, import_id,
    about, caused_at, created_at, waited_ms)
select md5('n' || i)::uuid, md5('e' || i / 2)::uuid, md5('a' || i % 600)::uuid, 'employee',
    'result_ready', repeat('p', 120), '/results/' || pg_temp.old_id(i),
    md5('m' || i / 10000)::uuid, pg_temp.old_id(i),
    now() - interval '300 days' + i * interval '1 second',
    now() - interval '300 days' + i * interval '1 second', 1000
from generate_series(1, :rows) i;
