// How a study differs from that of a stored run, and what a run can make of it.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// What a key of a study decides.
enum class KeyRole {
  path,       ///< the trajectory itself: another study
  stop,       ///< where it ends
  recording,  ///< what is stored of it: events, weights and their singular values, the test set
  none,       ///< nothing that a dataset shows: title, waits, the bound of --verify
};

/// Of a key as StudyTable::values() names it.
KeyRole role_of(const std::string& key);

struct StudyChange {
  std::string key, then, now;  ///< values as TOML; "(none)" where a study lacks the key
  KeyRole role = KeyRole::path;
};

/// Every key in which the two differ, in the order of their names.
std::vector<StudyChange> study_changes(const StudyTable& then, const StudyTable& now);

/// Whether the change only adds to what is stored: more weights (events, thinned, all), a level, an escape or
/// a kind of event that was not looked for, singular values, a test set. `change.role` must be `recording`.
bool records_more(const StudyChange& change);

/// Where a run of `then` stops, one of `now` has not stopped yet: a later t_end, more steps, a terminal event
/// that is none any more, a wider bound. InputError that names the key (and `run`, the file) for a tighter
/// one. `change.role` must be `stop`.
void require_looser(const StudyChange& change, const StudyTable& then, const StudyTable& now,
                    const std::string& run);

}  // namespace saddleflow
