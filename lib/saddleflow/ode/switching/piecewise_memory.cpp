// What a run that is resumed needs to know of the stepper between switches.
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"

namespace saddleflow {
namespace {

// In the memory, next to the numbers of the sides.
constexpr int kTrappedInMemory = 2;

}  // namespace

std::vector<Real> PiecewiseStepper::memory() const {
  MemoryWriter memory;
  memory.add(cut_);
  memory.add(fresh_);
  memory.add(standing_);
  memory.add(gap_);
  const Mode& mode = system_.mode();
  const auto count = static_cast<Index>(mode.sides.size());
  memory.add(static_cast<std::int64_t>(count));
  for (Index k = 0; k < count; ++k)
    memory.add(mode.is_trapped(k) ? kTrappedInMemory : static_cast<int>(mode.side(k)));
  memory.add(static_cast<std::int64_t>(hit_.size()));
  for (const Index k : hit_) memory.add(static_cast<std::int64_t>(k));
  memory.add(static_cast<std::int64_t>(departures_.size()));
  for (const Transition::Departure& d : departures_) {
    memory.add(static_cast<std::int64_t>(d.index));
    memory.add(d.order);
  }
  if (system_.jumps()) {
    const std::vector<Real> notes = system_.notes();
    memory.add(Vector(ConstVectorView(notes.data(), static_cast<Index>(notes.size()))));
  }
  const std::vector<Real> inner = inner_->memory();
  memory.add(Vector(ConstVectorView(inner.data(), static_cast<Index>(inner.size()))));
  return memory.take();
}

void PiecewiseStepper::restore(const Vector& x, Real t, const std::vector<Real>& memory) {
  MemoryReader reader(memory);
  cut_ = reader.integer() != 0;
  fresh_ = reader.integer() != 0;
  standing_ = static_cast<int>(reader.integer());
  gap_ = reader.real();
  const std::int64_t count = reader.integer();
  if (count != system_.switch_count())
    throw InputError(fmt::format("stepper memory: has {} switches, the system {}: of another problem", count,
                                 system_.switch_count()));
  // Numbers of a file: none becomes a side, a length or an index unseen.
  const auto within = [&reader](std::int64_t least, std::int64_t most, const char* what) {
    const Real number = reader.real();
    if (!(number >= static_cast<Real>(least) && number <= static_cast<Real>(most)) ||
        number != std::floor(number))
      throw InputError(fmt::format("stepper memory: found {} for {}, expected {} to {}: damaged",
                                   static_cast<double>(number), what, least, most));
    return static_cast<std::int64_t>(number);
  };
  Mode mode;
  mode.sides.assign(static_cast<std::size_t>(count), Side::below);
  for (Index k = 0; k < count; ++k) {
    const std::int64_t side = within(-1, kTrappedInMemory, "a side");
    if (side == kTrappedInMemory)
      mode.trap(k);
    else
      mode.set(k, static_cast<Side>(side));
  }
  hit_.resize(static_cast<std::size_t>(within(0, count, "the number of surfaces arrived at")));
  for (Index& k : hit_) k = within(0, count - 1, "a switch");
  departures_.resize(static_cast<std::size_t>(within(0, count, "the number of departures")));
  for (Transition::Departure& d : departures_) {
    d.index = within(0, count - 1, "a switch");
    d.order = static_cast<int>(within(0, std::numeric_limits<int>::max(), "the order of a departure"));
  }
  if (system_.jumps()) {
    const Vector notes = reader.vector();
    system_.restore_notes(std::vector<Real>(notes.data(), notes.data() + notes.size()));
  }
  const Vector inner = reader.vector();
  reader.finish();
  system_.set_mode(mode);
  inner_->restore(x, t, std::vector<Real>(inner.data(), inner.data() + inner.size()));
  x_cut_ = x;
  t_cut_ = t;
  changes_.clear();
}

}  // namespace saddleflow
