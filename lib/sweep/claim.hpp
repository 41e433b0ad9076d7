// Two sweeps of one folder: each run belongs to the one that claims it first.
#pragma once

#include <string>

namespace saddleflow::sweep {

/// The right to begin a run: a lock on its log, which is never replaced. Between the look at the run's record
/// and the record that says "running", no other sweep begins the run. Where the file system has no locks,
/// or HDF5_USE_FILE_LOCKING turns them off, or the log cannot be opened, every claim is granted.
class Claim {
 public:
  /// Does not wait. Creates the log if there is none.
  explicit Claim(const std::string& log);
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  /// False if another sweep is claiming this run at the moment.
  bool granted() const { return granted_; }

 private:
  int descriptor_ = -1;
  bool granted_ = true;
};

}  // namespace saddleflow::sweep
