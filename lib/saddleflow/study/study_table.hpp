// A study file as a checked table: every key known, of the right type and in range, every default filled in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Words of output.weights.
enum class StoredWeights { thinned, all, events };

template <>
inline constexpr auto enum_table<StoredWeights> = named_enum<StoredWeights>(
    "weights to store",
    {{StoredWeights::thinned, "thinned"}, {StoredWeights::all, "all"}, {StoredWeights::events, "events"}});

/// Words of output.manifold_distance.
enum class RecordedDistances { small, always, never };

template <>
inline constexpr auto enum_table<RecordedDistances> =
    named_enum<RecordedDistances>("distances to store", {{RecordedDistances::small, "small"},
                                                         {RecordedDistances::always, "always"},
                                                         {RecordedDistances::never, "never"}});

/// When snapshots of the weights are stored, besides the initial, the final and those of events.
struct SnapshotPolicy {
  bool all = false;
  bool thinned = false;     ///< where they have moved, see SnapshotThinner
  std::int64_t every = 0;   ///< every k-th accepted step; 0: none
  std::vector<Real> times;  ///< ascending
  /// With each of them singular values and effective widths (output.singular_values).
  bool singular_values = true;
  /// The distances to the invariant manifolds (output.manifold_distance).
  RecordedDistances distances = RecordedDistances::small;
};

/// All errors are InputErrors of the form "FILE:LINE: KEY: found ..., expected ...".
class StudyTable {
 public:
  /// `overrides`: "section.key=value" as on the command line; paths in them are relative to the current
  /// folder, and become relative to that of the study. Throws IoError when the file cannot be read.
  static StudyTable read(const std::string& path, const std::vector<std::string>& overrides = {});
  /// The same from text; `name` stands for the file in messages.
  static StudyTable parse(const std::string& toml, const std::string& name,
                          const std::vector<std::string>& overrides = {});
  /// The study that a run file holds, whose folder stands for that of the study. Its data are those of the
  /// file, unless the overrides change what they are made of.
  static StudyTable stored(const std::string& toml, const std::string& run_file,
                           const std::vector<std::string>& overrides = {});
  ~StudyTable();
  StudyTable(StudyTable&&) noexcept;
  StudyTable& operator=(StudyTable&&) noexcept;

  bool has(const std::string& path) const;
  std::string text(const std::string& path) const;
  bool boolean(const std::string& path) const;
  std::int64_t integer(const std::string& path) const;
  Real real(const std::string& path) const;
  std::vector<std::string> texts(const std::string& path) const;
  /// A text, or each of the texts, as the value whose name it is.
  template <NamedEnum E>
  E choice(const std::string& path) const {
    return value_of<E>(path, text(path));
  }
  template <NamedEnum E>
  std::vector<E> choices(const std::string& path) const {
    std::vector<E> values;
    for (const std::string& word : texts(path)) values.push_back(value_of<E>(path, word));
    return values;
  }
  std::vector<Index> integers(const std::string& path) const;
  std::vector<Real> reals(const std::string& path) const;
  /// The number of a key for all layers, or one for each.
  std::vector<Real> per_layer(const std::string& path) const;
  /// Rows as listed in the file.
  Matrix matrix(const std::string& path) const;
  SnapshotPolicy snapshots(const std::string& path) const;
  /// Length of a list of tables; the element's keys are then asked for as "events.level[0].value".
  std::size_t count(const std::string& path) const;

  /// The study with every default filled in and overrides applied, as TOML.
  std::string filled() const;
  /// The same key by key: "flow.t_end", "events.level[0].value", with its value as TOML.
  std::map<std::string, std::string> values() const;
  /// The file as typed.
  const std::string& typed() const;
  /// The file's name as given.
  const std::string& name() const;
  /// The run file that holds the data of the study; empty where [data] says what they are.
  const std::string& data_in() const;
  /// A path named in the study, relative to the study file's folder.
  std::string resolve(const std::string& path) const;
  /// InputError "FILE: KEY: message".
  [[noreturn]] void fail(const std::string& key, const std::string& message) const;

 private:
  struct Content;
  template <NamedEnum E>
  E value_of(const std::string& path, const std::string& word) const {
    const std::optional<E> value = find_name<E>(word);
    if (!value) fail_word(path, word, names<E>());
    return *value;
  }
  [[noreturn]] void fail_word(const std::string& key, const std::string& word,
                              const std::vector<std::string>& known) const;
  static StudyTable parse_in(const std::string& folder, const std::string& toml, const std::string& name,
                             const std::vector<std::string>& overrides);
  explicit StudyTable(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

}  // namespace saddleflow
