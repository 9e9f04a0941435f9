-- Run once, when the server is first set up: a database and a role per service, and no way from
-- one to another. Passwords come from files, never from a command line.
\set ON_ERROR_STOP on
\set appraisal `cat /run/secrets/appraisal.password`
\set training `cat /run/secrets/training.password`
\set notifications `cat /run/secrets/notifications.password`

create role appraisal login password :'appraisal';
create role training login password :'training';
create role notifications login password :'notifications';

create database appraisal owner appraisal;
create database training owner training;
create database notifications owner notifications;

-- connecting is everybody's right unless it is taken away
revoke all on database appraisal, training, notifications, postgres, template1 from public;
