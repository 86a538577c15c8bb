-- A migration keeps open waits under their ids with other words. changes: [{id, kind, fields: {column: value}}]; jsonb_populate_record
-- takes what `fields` names and leaves the rest of the row as it is.
create or replace function change_waits(t bigint, changes jsonb) returns void language plpgsql as $$
declare
    c jsonb;
    w uuid;
    f jsonb;
    task user_task;
    clock timer;
    work job;
    ear subscription;
begin
    for c in select value from jsonb_array_elements(changes) loop
        w := (c ->> 'id')::uuid;
        f := c -> 'fields';
        if c ->> 'kind' = 'user_task' then
            select * into strict task from user_task where tenant_id = t and id = w;
            task := jsonb_populate_record(task, f);
            update user_task
               set element_id = task.element_id, label = task.label, scope = task.scope, form = task.form,
                   candidate_groups = task.candidate_groups, candidate_users = task.candidate_users, due_at = task.due_at,
                   follow_up_at = task.follow_up_at, priority = task.priority, variables = task.variables, properties = task.properties
             where tenant_id = t and id = w;
        elsif c ->> 'kind' = 'timer' then
            select * into strict clock from timer where tenant_id = t and id = w;
            clock := jsonb_populate_record(clock, f);
            update timer set element_id = clock.element_id, label = clock.label, scope = clock.scope, due_at = clock.due_at
             where tenant_id = t and id = w;
        elsif c ->> 'kind' = 'job' then
            select * into strict work from job where tenant_id = t and id = w;
            work := jsonb_populate_record(work, f);
            update job
               set element_id = work.element_id, label = work.label, scope = work.scope, topic = work.topic, priority = work.priority,
                   retries = work.retries, variables = work.variables, properties = work.properties
             where tenant_id = t and id = w;
        else
            select * into strict ear from subscription where tenant_id = t and id = w;
            ear := jsonb_populate_record(ear, f);
            update subscription set element_id = ear.element_id, label = ear.label, scope = ear.scope, name = ear.name, key = ear.key
             where tenant_id = t and id = w;
        end if;
    end loop;
end $$;

-- The hot path: one call stores everything a step caused, in the caller's transaction.
-- p: {tenant, instance, rev, state(base64), status, variables (all) or variables_set (those that changed), head(hex),
--     history: {kind, actor, effective_at, recorded_at, payload}, answered, bundle, changed: [...], closed: [ids],
--     children: [{number, state}], children_ended: [numbers], children_over, tasks: [...], timers: [...], jobs: [...],
--     subscriptions: [...], outgoing: [...], signals: [...]}
-- Returns false when another command was faster (rev differs): nothing is stored then.
create or replace function store_step(p jsonb) returns boolean language plpgsql as $$
declare
    t bigint := (p ->> 'tenant')::bigint;
    i bigint := (p ->> 'instance')::bigint;
    h jsonb := p -> 'history';
    at timestamptz := (h ->> 'effective_at')::timestamptz;
    head bytea := decode(p ->> 'head', 'hex');
    ended boolean := p ->> 'status' <> 'running';
    answered uuid := (p ->> 'answered')::uuid;
    gone uuid[];
begin
    update process_instance
       set rev = rev + 1, state = decode(p ->> 'state', 'base64'), status = p ->> 'status',
           variables = case when p ? 'variables' then p -> 'variables'
                            when p ? 'variables_set' then variables || (p -> 'variables_set') else variables end,
           chain_head = head, ended_at = case when ended then at end, bundle_id = coalesce((p ->> 'bundle')::bigint, bundle_id)
     where tenant_id = t and id = i and rev = (p ->> 'rev')::int;
    if not found then
        return false;
    end if;
    insert into history (tenant_id, instance_id, seq, kind, actor, effective_at, recorded_at, payload, hash)
    values (t, i, (p ->> 'rev')::int, h ->> 'kind', h ->> 'actor', at, (h ->> 'recorded_at')::timestamptz, h ->> 'payload', head);
    if p ? 'closed' then
        gone := array(select value::uuid from jsonb_array_elements_text(p -> 'closed'));
        update user_task set ended_at = at, ended_by = h ->> 'actor',
               outcome = case when id = answered then 'completed' else 'cancelled' end
         where tenant_id = t and id = any (gone);
        delete from timer where tenant_id = t and id = any (gone);
        delete from job where tenant_id = t and id = any (gone);
        delete from subscription where tenant_id = t and id = any (gone);
        -- What a person was to look into no longer waits.
        update incident set resolved_at = at, resolved_by = h ->> 'actor', resolution = 'Der Schritt wird nicht mehr erwartet.'
         where tenant_id = t and instance_id = i and resolved_at is null and wait_id = any (gone);
    end if;
    if p ? 'changed' then
        perform change_waits(t, p -> 'changed');
    end if;
    if p ? 'children' then
        insert into loop_child (tenant_id, instance_id, number, state)
        select t, i, c.number, decode(c.state, 'base64') from jsonb_to_recordset(p -> 'children') as c(number bigint, state text)
        on conflict (tenant_id, instance_id, number) do update set state = excluded.state;
    end if;
    if p ? 'children_ended' then
        delete from loop_child where tenant_id = t and instance_id = i
           and number = any (array(select value::bigint from jsonb_array_elements_text(p -> 'children_ended')));
    end if;
    if p ? 'tasks' then
        insert into user_task (tenant_id, id, instance_id, element_id, label, scope, child, form, assignee, candidate_groups, candidate_users,
                               due_at, follow_up_at, priority, variables, properties, created_at)
        select t, w.id, i, w.element_id, w.label, w.scope, w.child, w.form, w.assignee, w.candidate_groups, w.candidate_users,
               w.due_at, w.follow_up_at, w.priority, w.variables, w.properties, at
          from jsonb_to_recordset(p -> 'tasks') as w(id uuid, element_id text, label text, scope text, child bigint, form text, assignee text,
               candidate_groups text[], candidate_users text[], due_at timestamptz, follow_up_at timestamptz, priority smallint,
               variables jsonb, properties jsonb);
    end if;
    if p ? 'timers' then
        insert into timer (tenant_id, id, instance_id, element_id, label, scope, child, due_at)
        select t, w.id, i, w.element_id, w.label, w.scope, w.child, w.due_at
          from jsonb_to_recordset(p -> 'timers') as w(id uuid, element_id text, label text, scope text, child bigint, due_at timestamptz);
    end if;
    if p ? 'jobs' then
        insert into job (tenant_id, id, instance_id, element_id, label, scope, child, topic, variables, properties, priority, retries, created_at)
        select t, w.id, i, w.element_id, w.label, w.scope, w.child, w.topic, w.variables, w.properties, w.priority, w.retries, at
          from jsonb_to_recordset(p -> 'jobs') as w(id uuid, element_id text, label text, scope text, child bigint, topic text, variables jsonb,
               properties jsonb, priority smallint, retries smallint);
        perform pg_notify('vollstreckung_work', '');
    end if;
    if p ? 'subscriptions' then
        insert into subscription (tenant_id, id, instance_id, element_id, label, scope, child, kind, name, key, process_key)
        select t, w.id, i, w.element_id, w.label, w.scope, w.child, w.kind, coalesce(w.name, ''), w.key, w.process_key
          from jsonb_to_recordset(p -> 'subscriptions') as w(id uuid, element_id text, label text, scope text, child bigint, kind text, name text,
               key text, process_key text);
    end if;
    if p ? 'outgoing' then
        insert into outbox (tenant_id, message_id, kind, name, key, process_key, start_event, variables, optional, sender_tenant_id,
                            sender_instance_id)
        select w.tenant, w.id, w.kind, w.name, w.key, w.process_key, w.start_event, w.variables, w.optional, t, i
          from jsonb_to_recordset(p -> 'outgoing') as w(tenant bigint, id uuid, kind text, name text, key text, process_key text,
               start_event text, variables jsonb, optional boolean);
        perform pg_notify('vollstreckung_work', '');
    end if;
    if p ? 'signals' then
        perform send_signal(t, w.name, w.variables, i, w.later)
           from jsonb_to_recordset(p -> 'signals') as w(name text, variables jsonb, later uuid[]);
    end if;
    if ended then
        if p ? 'children_over' then
            delete from loop_child where tenant_id = t and instance_id = i;
        end if;
        delete from timer where tenant_id = t and instance_id = i;
        delete from job where tenant_id = t and instance_id = i;
        delete from subscription where tenant_id = t and instance_id = i;
        update user_task set ended_at = at, ended_by = h ->> 'actor', outcome = 'cancelled'
         where tenant_id = t and instance_id = i and outcome is null; -- not ended_at: that draws to the index of the task list
        update incident set resolved_at = at, resolved_by = h ->> 'actor', resolution = 'Der Vorgang ist beendet.'
         where tenant_id = t and instance_id = i and resolved_at is null;
    end if;
    return true;
end $$;

-- Address a signal to everything of the tenant that waits for it now, one row of the outbox each; `later`: waits of the sender that
-- opened only after it was thrown. Returns how many.
create or replace function send_signal(t bigint, the_name text, payload jsonb, sender bigint, later uuid[])
returns bigint language plpgsql as $$
declare
    receivers bigint;
begin
    insert into outbox (tenant_id, kind, name, variables, optional, sender_tenant_id, sender_instance_id, instance_id, wait_id)
    select t, 'signal', the_name, payload, true, t, sender, s.instance_id, s.id
      from subscription s
     where s.tenant_id = t and s.key is null and s.name = the_name and s.kind = 'signal' and s.id <> all (later)
     order by s.instance_id, s.id;
    get diagnostics receivers = row_count;
    if receivers > 0 then
        perform pg_notify('vollstreckung_work', '');
    end if;
    return receivers;
end $$;

-- Many steps of different instances in one call. Returns null, or the index of the first one that another command overtook.
create or replace function store_steps(steps jsonb) returns int language plpgsql as $$
begin
    for index in 0 .. jsonb_array_length(steps) - 1 loop
        if not store_step(steps -> index) then
            return index;
        end if;
    end loop;
    return null;
end $$;

-- Nobody changes or deletes what is append-only, not even the owner by accident.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'Die Tabelle % ist nur zum Anfügen da.', tg_table_name using errcode = 'insufficient_privilege';
end $$;

-- What workers may know across tenants: that there is work, for whom, and when. Run as owner; return no content.
create or replace function due_timers(before_instant timestamptz, worlds bigint[], how_many int)
returns table (tenant_id bigint, id uuid, due_at timestamptz) language sql stable security definer set search_path = public, pg_temp as $$
    select m.tenant_id, m.id, m.due_at from timer m join tenant t on t.id = m.tenant_id
     where not m.parked and m.due_at <= before_instant and t.world_id = any (worlds)
     order by m.due_at, m.instance_id, m.id limit how_many
$$;

create or replace function due_timers_by_clock(how_many int)
returns table (tenant_id bigint, id uuid, due_at timestamptz) language sql stable security definer set search_path = public, pg_temp as $$
    select m.tenant_id, m.id, m.due_at from timer m join tenant t on t.id = m.tenant_id join world w on w.id = t.world_id
     where not m.parked and m.due_at <= coalesce(w.virtual_now, clock_timestamp())
     order by m.due_at, m.instance_id, m.id limit how_many
$$;

create or replace function due_starts(before_instant timestamptz, worlds bigint[], how_many int)
returns table (tenant_id bigint, id uuid) language sql stable security definer set search_path = public, pg_temp as $$
    select s.tenant_id, s.id from scheduled_start s join tenant t on t.id = s.tenant_id
     where not s.parked and s.due_at <= before_instant and t.world_id = any (worlds)
     order by s.due_at, s.process_key, s.element_id, s.id limit how_many
$$;

create or replace function due_starts_by_clock(how_many int)
returns table (tenant_id bigint, id uuid) language sql stable security definer set search_path = public, pg_temp as $$
    select s.tenant_id, s.id from scheduled_start s join tenant t on t.id = s.tenant_id join world w on w.id = t.world_id
     where not s.parked and s.due_at <= coalesce(w.virtual_now, clock_timestamp())
     order by s.due_at, s.process_key, s.element_id, s.id limit how_many
$$;

-- The tenants with rejected deployments that are older than so many hours.
create or replace function tenants_with_old_rejections(hours int)
returns setof bigint language sql stable security definer set search_path = public, pg_temp as $$
    select distinct r.tenant_id from rejected_deployment r where r.rejected_at <= clock_timestamp() - make_interval(hours => hours) order by 1
$$;

-- The next instant at which the clock does something: a timer of an instance, or a scheduled start.
create or replace function next_timer(the_world bigint)
returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
    select least(
        (select min(m.due_at) from timer m join tenant t on t.id = m.tenant_id where not m.parked and t.world_id = the_world),
        (select min(s.due_at) from scheduled_start s join tenant t on t.id = s.tenant_id where not s.parked and t.world_id = the_world))
$$;

-- A new version of a process ends the scheduled starts of the one before, whichever tenant of the world had deployed it. Only a
-- tenant of that world may ask for it.
create or replace function end_scheduled_starts(the_world bigint, the_process text)
returns void language sql volatile security definer set search_path = public, pg_temp as $$
    delete from scheduled_start s using tenant t
     where t.id = s.tenant_id and t.world_id = the_world and s.process_key = the_process and not s.parked
       and exists (select 1 from tenant me where me.id = nullif(current_setting('app.tenant', true), '')::bigint and me.world_id = the_world)
$$;

create or replace function open_jobs(topics text[], worlds bigint[], how_many int)
returns table (tenant_id bigint, id uuid) language sql stable security definer set search_path = public, pg_temp as $$
    select j.tenant_id, j.id from job j join tenant t on t.id = j.tenant_id
     where j.topic = any (topics) and j.retries > 0 and (worlds is null or t.world_id = any (worlds))
       and (j.locked_until is null or j.locked_until < clock_timestamp()
            or (worlds is not null and j.locked_by is null)) -- in virtual time nobody can wait for the time of a next try
     order by j.priority desc, j.created_at, j.instance_id, j.id limit how_many
$$;

-- How many instances of which tenant keep which bundle; what undoing a deployment has to know about the other cities of the world.
create or replace function bundle_use(the_world bigint)
returns table (tenant_id bigint, tenant_name text, bundle_id bigint, running bigint, ended bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select t.id, t.name, p.bundle_id, count(*) filter (where p.status = 'running'), count(*) filter (where p.status <> 'running')
      from process_instance p join tenant t on t.id = p.tenant_id
     where t.world_id = the_world group by t.id, t.name, p.bundle_id order by t.id, p.bundle_id
$$;

create or replace function busy_jobs(topics text[], the_world bigint)
returns bigint language sql stable security definer set search_path = public, pg_temp as $$
    select count(*) from job j join tenant t on t.id = j.tenant_id
     where j.topic = any (topics) and t.world_id = the_world and j.retries > 0 and j.locked_by is not null
       and j.locked_until >= clock_timestamp()
$$;

create or replace function waiting_messages(worlds bigint[], how_many int)
returns table (tenant_id bigint, id bigint) language sql stable security definer set search_path = public, pg_temp as $$
    select o.tenant_id, o.id from outbox o join tenant t on t.id = o.tenant_id
     where not o.parked and (worlds is null or t.world_id = any (worlds)) order by o.id limit how_many
$$;

-- For the parked polls of workers outside: for which of these topics a job can be taken now, and how many (at most 100).
create or replace function topics_with_jobs(tenants bigint[], topics text[])
returns table (tenant_id bigint, topic text, jobs bigint) language sql stable security definer set search_path = public, pg_temp as $$
    select w.tenant_id, w.topic, n.jobs
      from unnest(tenants, topics) as w(tenant_id, topic)
     cross join lateral (
        select count(*) as jobs from (
            select 1 from job j
             where j.tenant_id = w.tenant_id and j.topic = w.topic and j.retries > 0
               and (j.locked_until is null or j.locked_until < clock_timestamp())
             limit 100) as open) as n
     where n.jobs > 0
$$;
