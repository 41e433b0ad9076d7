// The runs of a sweep: every combination of the choices of its axes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

struct Run {
  std::int64_t number = 0;      ///< from 1, in the order of the list
  std::string name;             ///< "scale=0.001_seed=3"; of its files
  std::vector<Setting> axes;    ///< the keys and names of the axes, in their order
  std::vector<Setting> values;  ///< those that are computed, in the order of the file
  /// All that is different from the study, as "section.key=value".
  std::vector<std::string> overrides;
  std::string fault;  ///< why the run cannot begin: a computed value that its key cannot take; mostly empty
};

/// Run K is made when it is asked for, so that a job of an array makes its own runs alone. The last axis of
/// the file varies fastest. The name of a run says what its axes give it and nothing else: it stays the same
/// when an axis gets more choices.
class RunList {
 public:
  /// InputError "FILE: KEY: ...": more than a million runs, an expression that is wrong or has an unknown
  /// name. IoError, InputError: a study that cannot be read, if an expression asks for one of its keys.
  explicit RunList(const SweepFile& sweep);
  ~RunList();

  std::int64_t size() const { return size_; }
  /// InputError if there is no such run.
  Run run(std::int64_t number) const;

 private:
  class Study;
  std::string short_name(const std::string& key) const;
  std::string name_of(const std::vector<Setting>& axes) const;
  void compute(Run& run) const;

  const SweepFile& sweep_;
  std::int64_t size_ = 1;
  std::unique_ptr<Study> study_;
};

/// The numbers of chunk `index` of `count`, both from 1: index, index + count, ... up to `runs`. So every
/// chunk has short and long runs.
std::vector<std::int64_t> chunk(std::int64_t runs, std::int64_t index, std::int64_t count);

}  // namespace saddleflow::sweep
