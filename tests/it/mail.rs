//! The outbox from the letter to the wire, on both databases, against real sockets and a real folder.

mod catcher;
mod outbox;

use std::{collections::BTreeMap, time::Duration};

use rollcall::{
    config::SmtpEncryption,
    domain::{
        mail::{Content, MailState},
        time::{days, minutes},
    },
    mail::Transport,
};

use catcher::{Answer, Catcher};
use outbox::{NOW, Outbox, both};

both! {
    async fn a_letter_is_sent_when_its_transaction_commits_and_not_before(outbox) {
        let catcher = Catcher::open();
        let worker = outbox.worker(&catcher);
        let mut tx = outbox.db.begin_write().await.expect("write");
        outbox.invite_in(&mut tx, NOW).await;
        drop(tx);
        assert_eq!(worker.flush_once(NOW).await.expect("flush").sent, 0, "rolled back");

        outbox.invite(NOW).await;
        assert_eq!(worker.flush_once(NOW).await.expect("flush").sent, 1);
        let mails = catcher.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].from.as_str(), mails[0].to.as_slice()), ("noreply@mail.example", &["ann@people.example".to_owned()][..]));
        assert!(mails[0].message.contains("\r\nTemporary password: marker-password\r\n"), "{}", mails[0].message);
        assert!(mails[0].message.contains("\r\nhttps://people.example/activate/marker-link\r\n"), "{}", mails[0].message);
        assert_eq!(worker.flush_once(NOW).await.expect("flush").sent, 0, "once");
    }

    async fn the_database_never_holds_a_letter_in_the_clear(outbox) {
        outbox.invite(NOW).await;
        let waiting = outbox.letters().await;
        assert_eq!(waiting.len(), 1);
        let sealed = &waiting[0];
        for secret in [&b"marker"[..], b"Brightwater", b"activate"] {
            assert!(!sealed.windows(secret.len()).any(|window| window == secret));
        }
        let catcher = Catcher::open();
        outbox.worker(&catcher).flush_once(NOW).await.expect("flush");
        assert_eq!(outbox.letters().await, [Vec::<u8>::new()], "forgotten once it is sent");
    }

    async fn letters_that_were_swapped_are_sent_to_nobody(outbox) {
        outbox.invite(NOW).await;
        outbox.tell(NOW).await;
        outbox.run_sql("UPDATE mails SET letter = other.letter FROM mails other WHERE other.id <> mails.id").await;
        let catcher = Catcher::open();
        let flushed = outbox.worker(&catcher).flush_once(NOW).await.expect("flush");
        assert_eq!((flushed.sent, flushed.failed), (0, 2));
        assert!(catcher.mails().is_empty());
        assert!(outbox.email_failed().await, "it shows");
    }

    async fn several_workers_never_send_a_mail_twice(outbox) {
        let catcher = Catcher::open();
        for _ in 0..40 {
            outbox.tell(NOW).await;
        }
        let workers: Vec<_> = (0..4).map(|_| outbox.worker(&catcher)).collect();
        let rounds = workers.iter().map(|worker| worker.flush_once(NOW));
        let flushed = futures::future::join_all(rounds).await;
        assert_eq!(flushed.into_iter().map(|flushed| flushed.expect("flush").sent).sum::<usize>(), 40);
        let mut times = BTreeMap::new();
        for mail in catcher.mails() {
            *times.entry(message_id(&mail.message)).or_insert(0) += 1;
        }
        assert_eq!((times.len(), times.values().max()), (40, Some(&1)));
    }

    async fn a_lease_that_runs_out_sends_the_same_bytes_again(outbox) {
        outbox.invite(NOW).await;
        let until = NOW.plus(minutes(1));
        let first = outbox.lease(NOW, until).await;
        assert_eq!(first.len(), 1);
        assert!(outbox.lease(NOW, until).await.is_empty(), "taken");
        assert!(outbox.lease(until.minus(Duration::from_micros(1)), until).await.is_empty(), "still taken");
        let again = outbox.lease(until, until.plus(minutes(1))).await;
        assert_eq!(again.len(), 1);
        let message = |mails: &[rollcall::store::LeasedMail]| mails[0].letter.clone().expect("opens").message;
        assert_eq!(message(&first), message(&again));
        // Whoever lost the lease can neither fail nor delay what somebody else is sending.
        let mut tx = outbox.db.begin_write().await.expect("write");
        tx.mark_failed(&first[0], "late").await.expect("ignored");
        tx.mark_retry(&first[0], until, "late").await.expect("ignored");
        assert!(!tx.hold_mail(first[0].id, first[0].held_until, until.plus(minutes(9))).await.expect("ignored"));
        assert_eq!(tx.next_mail_due().await.expect("due"), Some(again[0].held_until), "as it was");
        tx.mark_sent(&again[0]).await.expect("sent");
        tx.commit().await.expect("commit");
        assert_eq!(outbox.state().await, Some(MailState::Sent));
        assert!(!outbox.email_failed().await);
    }

    async fn a_server_that_is_away_is_tried_after_1_5_15_60_minutes_then_hourly(outbox) {
        let worker = outbox.worker_to_nowhere();
        outbox.invite(NOW).await;
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..7 {
            let flushed = worker.flush_once(now).await.expect("flush");
            assert_eq!((flushed.sent, flushed.retried, flushed.failed), (0, 1, 0));
            let due = outbox.next_due().await.expect("queued");
            waits.push(due.since(now) / 60_000_000);
            now = due;
        }
        assert_eq!(waits, [1, 5, 15, 60, 60, 60, 60]);
        assert!(!outbox.email_failed().await, "nothing is lost yet");
        let queue = outbox.db.begin_read().await.expect("read").mail_queue(now).await.expect("queue");
        assert_eq!((queue.waiting, queue.oldest_seconds), (1, (1 + 5 + 15 + 4 * 60) * 60));

        let catcher = Catcher::open();
        assert_eq!(outbox.worker(&catcher).flush_once(now).await.expect("flush").sent, 1);
        assert_eq!(outbox.next_due().await, None);
    }

    async fn a_letter_is_given_up_when_its_link_expires(outbox) {
        let worker = outbox.worker_to_nowhere();
        outbox.invite(NOW).await;
        let late = NOW.plus(days(7)).minus(minutes(1));
        worker.flush_once(late).await.expect("flush");
        assert_eq!(outbox.state().await, Some(MailState::Failed));
        assert!(outbox.email_failed().await);
        assert_eq!(outbox.letters().await, [Vec::<u8>::new()]);

        outbox.invite(NOW).await;
        assert!(!outbox.email_failed().await, "a new invitation clears it");
        let catcher = Catcher::open();
        let flushed = outbox.worker(&catcher).flush_once(NOW.plus(days(7))).await.expect("flush");
        assert_eq!((flushed.failed, catcher.connections()), (1, 0), "not even tried");
    }

    async fn a_refusal_is_final_and_shows_until_a_mail_arrives(outbox) {
        let catcher = Catcher::open();
        catcher.will([Answer::Recipient(550)]);
        let worker = outbox.worker(&catcher);
        outbox.invite(NOW).await;
        assert_eq!(worker.flush_once(NOW).await.expect("flush").failed, 1);
        assert!(outbox.email_failed().await);
        assert_eq!(outbox.state().await, Some(MailState::Failed));
        assert_eq!(worker.flush_once(NOW.plus(days(1))).await.expect("flush").failed, 0, "never again");

        let later = NOW.plus(minutes(2));
        outbox.tell(later).await;
        assert!(outbox.email_failed().await);
        worker.flush_once(later).await.expect("flush");
        assert!(!outbox.email_failed().await, "the address works again");
    }

    async fn a_server_that_is_busy_is_tried_again(outbox) {
        let catcher = Catcher::open();
        catcher.will([Answer::Recipient(450), Answer::Text(421), Answer::Text(452), Answer::HangUp]);
        let worker = outbox.worker(&catcher);
        outbox.invite(NOW).await;
        for _ in 0..4 {
            let due = outbox.next_due().await.expect("queued");
            assert_eq!(worker.flush_once(due).await.expect("flush").retried, 1);
        }
        let due = outbox.next_due().await.expect("queued");
        assert_eq!(worker.flush_once(due).await.expect("flush").sent, 1);
        assert_eq!(catcher.mails().len(), 1);
    }

    async fn a_refused_login_or_a_missing_tls_is_never_the_fault_of_a_mail(outbox) {
        let catcher = Catcher::open();
        outbox.invite(NOW).await;
        let worker = outbox.worker_through(Transport::new(
            Some(&catcher.server(SmtpEncryption::StartTls)),
            outbox.folder(),
        ));
        assert_eq!(worker.flush_once(NOW).await.expect("flush").retried, 1);
        assert!(catcher.commands().iter().all(|command| !command.starts_with("MAIL")), "nothing told in the clear");

        let mut server = catcher.server(SmtpEncryption::Plain);
        let password = secrecy::SecretString::from("marker-smtp");
        server.login = Some(rollcall::config::SmtpLogin { user: "rollcall".into(), password });
        let due = outbox.next_due().await.expect("queued");
        let worker = outbox.worker_through(Transport::new(Some(&server), outbox.folder()));
        assert_eq!(worker.flush_once(due).await.expect("flush").retried, 1);
        catcher.will([Answer::Text(530)]);
        let due = outbox.next_due().await.expect("queued");
        assert_eq!(outbox.worker(&catcher).flush_once(due).await.expect("flush").retried, 1);
        assert!(!outbox.email_failed().await);
    }

    async fn a_worker_that_dies_loses_nothing(outbox) {
        let catcher = Catcher::open();
        catcher.will([Answer::Silence]);
        outbox.invite(NOW).await;
        let worker = outbox.worker(&catcher);
        let dying = tokio::time::timeout(Duration::from_millis(300), worker.flush_once(NOW)).await;
        assert!(dying.is_err(), "the server never answers");
        assert_eq!(worker.flush_once(NOW.plus(Duration::from_secs(59))).await.expect("flush").sent, 0, "still leased");
        assert_eq!(outbox.worker(&catcher).flush_once(NOW.plus(minutes(1))).await.expect("flush").sent, 1);
        assert_eq!(catcher.mails().len(), 1);
    }

    async fn connections_are_reused_while_there_is_more_to_send(outbox) {
        let catcher = Catcher::open();
        for _ in 0..24 {
            outbox.tell(NOW).await;
        }
        assert_eq!(outbox.worker(&catcher).flush_once(NOW).await.expect("flush").sent, 24);
        assert!(catcher.connections() <= 4, "{}", catcher.connections());
        let goodbyes = catcher.commands().iter().filter(|command| *command == "QUIT").count();
        assert_eq!(goodbyes, catcher.connections(), "and closed politely");
    }

    async fn the_worker_wakes_when_it_is_called_and_stops_when_it_is_told(outbox) {
        let catcher = Catcher::open();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(outbox.worker(&catcher).run(async { drop(stopped.await) }));
        // Long enough for the worker to have gone to sleep.
        tokio::time::sleep(Duration::from_millis(100)).await;
        catcher.will([Answer::TakeAfter(Duration::from_millis(300))]);
        outbox.invite(NOW).await;
        outbox.courier.wake();
        let begun = std::time::Instant::now();
        while !catcher.commands().iter().any(|command| command == "DATA") {
            assert!(begun.elapsed() < Duration::from_secs(3), "asleep");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(()).expect("running");
        tokio::time::timeout(Duration::from_secs(5), running).await.expect("in time").expect("no panic");
        assert_eq!(catcher.mails().len(), 1, "what was on its way arrived");
        assert_eq!(outbox.state().await, Some(MailState::Sent));
    }

    async fn a_newer_invitation_takes_back_the_one_that_waits(outbox) {
        outbox.invite(NOW).await;
        outbox.tell(NOW).await;
        outbox.invite(NOW.plus(minutes(2))).await;
        let catcher = Catcher::open();
        outbox.worker(&catcher).flush_once(NOW.plus(minutes(2))).await.expect("flush");
        let subjects: Vec<String> = catcher.mails().iter().map(|mail| header(&mail.message, "Subject")).collect();
        assert_eq!(subjects.iter().filter(|subject| subject.starts_with("You are invited")).count(), 1);
        assert_eq!(subjects.len(), 2, "other letters still go: {subjects:?}");
    }

    async fn a_letter_that_fails_late_says_nothing_about_a_newer_one(outbox) {
        outbox.tell(NOW).await;
        let old = outbox.lease(NOW, NOW.plus(minutes(1))).await;
        outbox.invite(NOW.plus(Duration::from_secs(1))).await;
        let mut tx = outbox.db.begin_write().await.expect("write");
        tx.mark_failed(&old[0], "550").await.expect("failed");
        tx.commit().await.expect("commit");
        assert!(!outbox.email_failed().await);
    }

    async fn a_dead_old_address_says_nothing_about_the_member(outbox) {
        let catcher = Catcher::open();
        catcher.will([Answer::Recipient(550)]);
        let (old, new) = (outbox::email("ann@people.example"), outbox::email("ann@new.example"));
        let by = "Amara".to_owned();
        outbox.write(Content::EmailChanged { old, new, by }, NOW).await;
        assert_eq!(outbox.worker(&catcher).flush_once(NOW).await.expect("flush").failed, 1);
        assert!(!outbox.email_failed().await);
    }

    async fn without_a_mail_server_each_mail_is_a_readable_file(outbox) {
        outbox.invite(NOW).await;
        let worker = outbox.worker_through(Transport::new(None, outbox.folder()));
        assert_eq!(worker.flush_once(NOW).await.expect("flush").sent, 1);
        let files: Vec<_> = std::fs::read_dir(outbox.folder().join("mail")).expect("folder").flatten().collect();
        assert_eq!(files.len(), 1);
        let name = files[0].file_name().into_string().expect("name");
        assert!(name.starts_with("20251120T140500.000Z-ann@people.example-") && name.to_lowercase().ends_with(".eml"), "{name}");
        let text = std::fs::read_to_string(files[0].path()).expect("file");
        assert!(text.contains("Subject: You are invited to Brightwater Energy\r\n"), "{text}");
        assert!(text.contains("Temporary password: marker-password\r\n"), "{text}");
        assert!(text.contains("\r\nhttps://people.example/activate/marker-link\r\n"), "{text}");
    }

    async fn old_recipients_are_forgotten_and_waiting_mails_are_not(outbox) {
        let catcher = Catcher::open();
        outbox.tell(NOW).await;
        outbox.worker(&catcher).flush_once(NOW).await.expect("flush");
        outbox.tell(NOW).await;
        let mut tx = outbox.db.begin_write().await.expect("write");
        assert_eq!(tx.forget_mails(NOW).await.expect("forget"), 0, "not older than that");
        assert_eq!(tx.forget_mails(NOW.plus(days(30))).await.expect("forget"), 1);
        tx.commit().await.expect("commit");
        assert_eq!(outbox.letters().await.len(), 1);
    }
}

fn header(message: &str, name: &str) -> String {
    let start = format!("{name}: ");
    let line = message.split("\r\n").find(|line| line.starts_with(&start)).expect("header");
    line[start.len()..].to_owned()
}

fn message_id(message: &str) -> String {
    header(message, "Message-ID")
}
