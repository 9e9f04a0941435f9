-- When things were told, evenly over the last 300 days, and the ids they got.
create function pg_temp.at(i bigint) returns timestamptz language sql stable as $$
    select now() - interval '300 days' * (1 - i / :rows::float8) $$;

-- Ids as they are: in the order of time, UUIDv7 where a fact begins, UUIDv8 of what follows from it.
create function pg_temp.id(at timestamptz, version text, name text) returns uuid language sql stable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || version
        || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid $$;

-- People were registered agency by agency, as they still hand in (tests/bench/facts.py).
create function pg_temp.person(i bigint) returns uuid language sql stable as $$
    select pg_temp.id('2025-01-01 00:00+00'::timestamptz + interval '300 days' * (i / :rows::float8), '7', 'e' || i) $$;
