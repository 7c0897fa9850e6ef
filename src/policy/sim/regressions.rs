//! Seeds that once failed, each under the name of what it showed.

use rstest::rstest;

use super::{luck, run};

#[rstest]
#[case::every_checkpoint_kills_its_restart(158)]
#[case::looks_twice_a_second_for_half_an_hour(1599)]
#[case::answers_lost_until_it_is_not_known_who_sent_the_sigterm(2431)]
#[case::last_task_of_an_array_requeued_after_it_submitted_the_next(6659)]
#[case::finished_between_the_request_and_its_noticing(24720)]
#[case::cancelled_while_it_is_not_known_whether_sbatch_happened(275_454)]
#[case::cancelled_in_a_grace_time_and_the_word_came_late(380_189)]
#[case::cancelled_at_the_deadline_with_no_word_from_slurm(40159)]
#[case::cancelled_in_a_grace_time_of_which_no_answer_told(67264)]
#[case::cancelled_in_a_grace_time_and_brought_back(72154)]
#[case::cancelled_in_a_grace_time_not_seen_yet(39652)]
fn once_failed(#[case] seed: u64) {
    run(seed, luck(seed));
}
