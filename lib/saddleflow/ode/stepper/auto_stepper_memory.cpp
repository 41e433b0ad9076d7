// What a checkpoint keeps of the choice between methods: auto_stepper.hpp.
#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/stepper/auto_stepper.hpp"

namespace saddleflow {

std::vector<Real> AutoStepper::memory() const {
  MemoryWriter memory;
  memory.add(static_cast<int>(mode_));
  active().save(memory);
  estimator_.save(memory);
  save(memory, banked_);
  memory.add(window_.steps);
  memory.add(window_.wait);
  memory.add(window_.shortest);
  memory.add(window_.longest);
  memory.add(window_.total);
  memory.add(window_.rejected);
  memory.add(strikes_);
  memory.add(size_strikes_);
  memory.add(calm_);
  memory.add(returns_);
  memory.add(stiff_step_);
  memory.add(stiff_debt_);
  memory.add(limit_steps_);
  memory.add(cg_products_);
  memory.add(radau_work_);
  memory.add(radau_modes_);
  memory.add(dear_);
  memory.add(short_);
  memory.add(rate_before_);
  memory.add(folds_before_);
  memory.add(largest_);
  memory.add(largest_age_);
  memory.add(shortened_);
  memory.add(planned_);
  memory.add(static_cast<int>(planned_mode_));
  memory.add(planned_step_);
  return memory.take();
}

void AutoStepper::restore(const Vector& x, Real t, const std::vector<Real>& memory) {
  MemoryReader reader(memory);
  const auto mode = [&reader] {
    const std::int64_t number = reader.integer();
    if (number < 0 || number > static_cast<int>(Mode::radau7))
      throw InputError("stepper memory: names no method: damaged");
    return static_cast<Mode>(number);
  };
  mode_ = mode();
  active().load(x, t, reader);
  estimator_.load(reader);
  banked_ = load_counters(reader);
  window_.steps = static_cast<int>(reader.integer());
  window_.wait = static_cast<int>(reader.integer());
  window_.shortest = reader.real();
  window_.longest = reader.real();
  window_.total = reader.real();
  window_.rejected = reader.integer();
  strikes_ = static_cast<int>(reader.integer());
  size_strikes_ = static_cast<int>(reader.integer());
  calm_ = static_cast<int>(reader.integer());
  returns_ = static_cast<int>(reader.integer());
  stiff_step_ = reader.real();
  stiff_debt_ = reader.real();
  limit_steps_ = reader.real();
  cg_products_ = reader.real();
  radau_work_ = reader.real();
  radau_modes_ = reader.real();
  dear_ = static_cast<int>(reader.integer());
  short_ = static_cast<int>(reader.integer());
  rate_before_ = reader.real();
  folds_before_ = reader.real();
  largest_ = reader.real();
  largest_age_ = static_cast<int>(reader.integer());
  shortened_ = reader.integer() != 0;
  planned_ = reader.integer() != 0;
  planned_mode_ = mode();
  planned_step_ = reader.real();
  reader.finish();
}

}  // namespace saddleflow
