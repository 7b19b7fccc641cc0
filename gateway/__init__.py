"""Lianhu 联户: reports of households over the plainest phones, up a county's ladder and back.

Start with `docs/way-of-a-report.md`: it walks one message through every file in order. The map, top to bottom as
imports go:

    workers/      the processes: jobs (what a nudge runs), worker (one lane each), clock (sweeps, deadlines, digests)
    cli           `gateway …`, one module of commands/ for each sub-command
    at_hand       services for a typed command        supervise  keeps the Procfile's processes running
    child         one of those processes, started again; forks  makes it a fork that shares what is imported
    folder        LIANHU_VAR belongs to one `gateway run`   demo  its secrets     lifeline  ends orphans
    app           Flask application                   checks     can this machine carry the gateway?
    web/          webhooks, health, metrics           console/   pages for officials
    wiring        Services: the one place where long-lived objects are made
    flow/         what happens to a report: intake, triage, notify, deliver, escalate, resolve, advance, digest
    sms/          codebook, parser, segments; providers/ translate for the carriers
    store/        tables and their queries together; migrate
    jobs          lanes and nudges                    wording    texts from the catalogue, fitted to segments
    embedded/     PostgreSQL and Valkey from wheels
    domain/       pure: numbers, categories, routing, lifecycle, ladder, calendar
    raw clock logs settings                           the ground; wrong  what is said in one line
"""
