// The run file as tables: one entry per dataset says its path, type, axes and meaning, and which member of
// which plain struct fills it. Writer, reader, resume and recovery all walk these tables, so a new group is a
// row struct in run_file.hpp, a table here, and one more stream in the writer and reader.
//
// An axis is named by the path of its dimension scale. A stream is a set of datasets that grow together along
// one unlimited axis; the scale of that axis stands last in its table because it is written last: it is the
// commit mark, and a row counts only when its mark is there.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/archive/skeleton_record.hpp"

namespace saddleflow::archive {

/// f8 with fill value NaN; i8 and i1 with fill value -1.
enum class Kind { real, integer, flag };

/// Where the names of a flag come from.
enum class FlagSet {
  none,
  stepper,
  event_kind,
  direction,
  chart,
  order,
  verdict,
  truth,
  critical_kind,
  escape_kind,
  change_kind,
  side,
  round_stop,
  visit_depth,
  sequence_kind,
  absence
};

/// Which files hold a dataset (along an optional axis: where they have the axis).
enum class Presence {
  always,
  since_1_1,          ///< all but files of format 1.0
  since_1_4,          ///< all but files of older formats
  since_1_7,          ///< likewise
  since_1_8,          ///< likewise
  since_1_9,          ///< likewise
  with_kkt,           ///< those to which add_kkt() has given KKT points
  with_saddles,       ///< those to which add_saddles() has given critical points
  with_modes,         ///< those of piecewise-smooth runs
  with_patches,       ///< those of piecewise-smooth runs of networks that see several patches of a sample
  with_rounds,        ///< those of growing networks
  with_skeleton,      ///< those of skeletons
  with_test,          ///< those that have a test set; along /time: of format 1.7 and newer
  with_test_classes,  ///< those of them whose loss is one of classes
  with_stages,        ///< those for whose data a theory predicts plateaus
  with_decay,         ///< those of runs with weight decay
  with_margins,       ///< those of losses that have margins
};

struct DatasetSpec {
  std::string path;
  Kind kind;
  std::vector<std::string> axes;
  std::string long_name;
  FlagSet flags = FlagSet::none;
  Presence presence = Presence::always;
  std::string unattained_name = {};  ///< stands for long_name where the loss has no attained infimum
  std::string units = "1";           ///< flow time and weights have no unit
  std::string former_path = {};      ///< its path in files before format 1.6, where that is another one

  bool is_scale() const { return axes.size() == 1 && axes.front() == path; }
};

struct AxisSpec {
  std::string path;
  bool unlimited;
  std::int64_t size;  ///< at creation; a fixed axis of size 0 is left out, with every dataset along it
};

/// Whether files that do not need it lack the axis.
bool is_optional_axis(const std::string& path);

/// All axes of a file, with the sizes that the description gives them.
std::vector<AxisSpec> axes(const RunDescription& description);

/// `std::monostate`: the number of the row.
template <class Row>
using RowField =
    std::variant<std::monostate, double Row::*, std::int64_t Row::*, int Row::*, ModeChangeKind Row::*,
                 std::vector<double> Row::*, std::vector<std::int64_t> Row::*>;

template <class Row>
struct Column {
  DatasetSpec spec;
  RowField<Row> field;
};

/// The columns of the stream of this row; specialised for every row struct of run_file.hpp.
template <class Row>
const std::vector<Column<Row>>& columns();
template <>
const std::vector<Column<TimeRow>>& columns<TimeRow>();
template <>
const std::vector<Column<SnapshotRow>>& columns<SnapshotRow>();
template <>
const std::vector<Column<EventRow>>& columns<EventRow>();
template <>
const std::vector<Column<SaddleRow>>& columns<SaddleRow>();
template <>
const std::vector<Column<ModeChangeRow>>& columns<ModeChangeRow>();
template <>
const std::vector<Column<KktRow>>& columns<KktRow>();  // kkt_schema.cpp, with the next two
template <>
const std::vector<Column<MaxMarginRow>>& columns<MaxMarginRow>();
template <>
const std::vector<Column<MarginRow>>& columns<MarginRow>();
// The rest in saddle_schema.cpp. Those of VisitRow stand beside those of SaddleRow, in the same rows.
template <>
const std::vector<Column<CriticalPointRow>>& columns<CriticalPointRow>();
template <>
const std::vector<Column<EscapeRow>>& columns<EscapeRow>();
template <>
const std::vector<Column<VisitRow>>& columns<VisitRow>();
template <>
const std::vector<Column<TransitionRow>>& columns<TransitionRow>();
template <>
const std::vector<Column<RoundRow>>& columns<RoundRow>();  // pursuit_schema.cpp
// skeleton_schema.cpp
template <>
const std::vector<Column<JumpRow>>& columns<JumpRow>();
template <>
const std::vector<Column<SequenceRow>>& columns<SequenceRow>();
template <>
const std::vector<Column<StopRow>>& columns<StopRow>();
template <>
const std::vector<Column<MatchRow>>& columns<MatchRow>();
template <>
const std::vector<Column<FlowLossRow>>& columns<FlowLossRow>();

// The tables are made once: a reader walks them for every dataset that it is asked for.

template <class Row>
const std::vector<DatasetSpec>& specs_of() {
  static const std::vector<DatasetSpec> specs = [] {
    std::vector<DatasetSpec> found;
    for (const Column<Row>& column : columns<Row>()) found.push_back(column.spec);
    return found;
  }();
  return specs;
}

/// Written once. `std::monostate`: the position along the axis.
struct FixedDataset {
  DatasetSpec spec;
  std::variant<std::monostate, std::vector<double> RunDescription::*,
               std::vector<std::int64_t> RunDescription::*>
      field;
};
const std::vector<FixedDataset>& fixed_datasets();

/// Groups besides the root and those that only some files have.
const std::vector<std::string>& groups();

/// The specs of every stream of a run, one table each, and of every dataset that a file may hold.
const std::vector<std::vector<DatasetSpec>>& stream_specs();
const std::vector<DatasetSpec>& all_specs();

/// What add_saddles() gives to a file: /catalogue, /escapes, /transitions and its columns of /saddles.
std::vector<DatasetSpec> saddle_record_specs();

/// What create_with_skeleton() gives to a file.
std::vector<DatasetSpec> skeleton_specs();

/// CF attributes of a flag: values, and their names in the same order. Empty for FlagSet::none.
struct FlagMeanings {
  std::vector<std::int8_t> values;
  std::vector<std::string> names;
};
FlagMeanings flag_meanings(FlagSet set, const RunDescription& description);

inline constexpr const char* format_name = "saddleflow-run";
inline constexpr std::int64_t format_major = 1, format_minor = 10;

}  // namespace saddleflow::archive
