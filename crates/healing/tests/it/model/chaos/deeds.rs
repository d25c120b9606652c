//! What the machine wants done, and how the world does it.

use regain_healing::machine::{Answer, Command, Event, Phase, Question, Record, Verdict};

use super::Chaos;

impl Chaos {
    pub(super) fn carry_out(&mut self, command: Command) {
        match command {
            Command::Persist { ticket, records } => self.persist(ticket, records),
            Command::Trigger(question) => {
                self.check_trigger(&question);
                self.summary.triggers += 1;
                let (time, random) = (self.time, &mut self.random);
                match self.world.trigger(&question, time, random) {
                    Some(answer) => self.answer(&question, Answer::Triggered(answer)),
                    None => self.summary.lost_answers += 1,
                }
            }
            Command::Lookup(question) => {
                let found = self.world.lookup(&question.order.id, self.time, &mut self.random);
                self.answer(&question, Answer::Found(found));
            }
            Command::Poll(question, handle) => {
                let progress = self.world.poll(&handle, self.time, &mut self.random);
                self.answer(&question, Answer::Progress(progress));
            }
            Command::Cancel(question, handle) => {
                let cancelled = self.world.cancel(&handle, self.time, &mut self.random);
                self.answer(&question, Answer::Cancelled(cancelled));
            }
            Command::Verify { run, token, .. } => {
                let verdict = self.verdict();
                self.queue(Event::Answered { run, token, answer: Answer::Verdict(verdict) });
            }
            Command::Guard { token, .. } => {
                let verdict = self.verdict();
                self.queue(Event::Guarded { token, verdict });
            }
            Command::Tell(escalation) => {
                let failure = self.random.per_mille(200).then(|| "no route".to_owned());
                self.queue(Event::Told { sequence: escalation.sequence, failure });
            }
        }
    }

    fn verdict(&mut self) -> Verdict {
        match self.random.below(8) {
            0 => Verdict::Unhealthy { why: "still ill".into() },
            1 => Verdict::NoFreshData { why: "nothing measured".into() },
            _ => Verdict::Healthy,
        }
    }

    fn answer(&mut self, question: &Question, answer: Answer) {
        let (run, token) = (question.run.clone(), question.token);
        self.queue(Event::Answered { run, token, answer });
    }

    fn queue(&mut self, event: Event) {
        if !self.quiet {
            self.answers.push(event);
        }
    }

    fn persist(&mut self, ticket: u64, records: Vec<Record>) {
        for record in &records {
            match record {
                Record::Entry(entry) => {
                    let reason =
                        entry.reason.map_or(String::new(), |one| format!("/{}", one.as_str()));
                    let name = format!("{}{reason}", entry.decision.as_str());
                    *self.summary.decisions.entry(name).or_default() += 1;
                }
                Record::Tally(tally) => {
                    let name = tally.state.as_str().to_owned();
                    *self.summary.runs.entry(name).or_default() += 1;
                }
                _ => {}
            }
        }
        if self.random.per_mille(10) && !self.quiet {
            self.summary.failed_writes += 1;
            self.write_failed = true;
            self.answers.push(Event::NotPersisted { ticket, why: "disk full".into() });
            return;
        }
        for record in &records {
            if let Record::Run(run) = record
                && matches!(run.phase, Phase::Intent { .. })
            {
                self.intents.push(run.execution.clone());
            }
        }
        self.durable.extend(records);
        if self.durable.len() > 2000 || std::mem::take(&mut self.write_failed) {
            // Another file begins with a snapshot.
            let is_entry = |record: &&Record| matches!(record, Record::Entry(_));
            let last = self.durable.iter().rfind(is_entry).cloned();
            self.durable = self.machine.snapshot();
            self.durable.extend(last);
        }
        if self.random.per_mille(5) && !self.quiet {
            // The process ends between the write and its acknowledgement.
            return self.crash();
        }
        if self.quiet {
            self.give(Event::Persisted { ticket });
        } else {
            self.answers.push(Event::Persisted { ticket });
        }
    }
}
