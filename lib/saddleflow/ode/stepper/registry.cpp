#include "saddleflow/ode/stepper/registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "saddleflow/ode/stepper/auto_stepper.hpp"
#include "saddleflow/ode/stepper/dop853.hpp"
#include "saddleflow/ode/stepper/dopri5.hpp"
#include "saddleflow/ode/stepper/radau7.hpp"
#include "saddleflow/ode/stepper/rkc2.hpp"
#include "saddleflow/ode/stepper/rodas5p.hpp"

namespace saddleflow {

namespace {

constexpr int kNoFlag = -1;

struct RegisteredStepper {
  int flag = kNoFlag;  ///< of a method in new run files
  StepperEntry entry;
};

template <class S>
std::unique_ptr<Stepper> made(const StepperOptions& options) {
  return std::make_unique<S>(options);
}

std::unique_ptr<Stepper> made_rodas5p_cg(const StepperOptions& options) {
  return std::make_unique<Rodas5P>(options, Rodas5P::Solver::conjugate_directions);
}

/// The library's own: a line each.
std::vector<RegisteredStepper> own_steppers() {
  using enum StepperRole;
  namespace n = stepper_name;
  return {
      {kNoFlag,
       {n::automatic, driver, made<AutoStepper>, "explicit, stiff where that pays", 0, true, 0, n::radau7}},
      {0, {n::dopri5, method, made<Dopri5>, "explicit, for kinks", 5, false, 5, ""}},
      {3, {n::dop853, method, made<Dop853>, "explicit, for polynomial activations", 8, false, 7, ""}},
      {1, {n::rodas5p, method, made<Rodas5P>, "Rosenbrock, by the Hessian", 5, true, 4, ""}},
      {5,
       {n::rodas5p_cg, method, made_rodas5p_cg, "Rosenbrock, by products with the Hessian", 5, true, 4, "",
        true}},
      {6, {n::radau7, method, made<Radau7>, "implicit, by products with the Hessian", 7, true, 5, "", true}},
      {2, {n::rkc2, method, made<Rkc2>, "Chebyshev, by products with the Hessian", 2, true, 3, ""}},
      {4, {n::exponential, part, nullptr, "exact, near the origin where the flow is linear", 0, true, 0, ""}},
  };
}

class StepperRegistry {
 public:
  static StepperRegistry& instance() {
    static StepperRegistry registry;
    return registry;
  }

  void add(StepperEntry entry) {
    const std::lock_guard lock(mutex_);
    check(entry);
    const bool takes_steps = entry.role != StepperRole::driver;
    steppers_.push_back({takes_steps ? method_count() : kNoFlag, std::move(entry)});
  }

  std::vector<RegisteredStepper> all() const {
    const std::lock_guard lock(mutex_);
    return steppers_;
  }

 private:
  int method_count() const {
    return static_cast<int>(
        std::ranges::count_if(steppers_, [](const RegisteredStepper& s) { return s.flag != kNoFlag; }));
  }

  void check(const StepperEntry& entry) const {
    if (entry.name.empty() || entry.name.find_first_of(" \t\n") != std::string::npos)
      throw InputError(fmt::format("stepper: found the name \"{}\", expected one word", entry.name));
    for (const RegisteredStepper& known : steppers_)
      if (known.entry.name == entry.name)
        throw InputError(fmt::format("stepper \"{}\": the name is taken, expected another one", entry.name));
    const bool choice = entry.role != StepperRole::part;
    if (choice != static_cast<bool>(entry.make))
      throw InputError(fmt::format("stepper \"{}\": found {} factory, expected {}", entry.name,
                                   choice ? "no" : "a", choice ? "one" : "none, since it cannot be chosen"));
  }

  mutable std::mutex mutex_;
  std::vector<RegisteredStepper> steppers_ = own_steppers();
};

[[noreturn]] void throw_unknown_stepper(const std::string& name, const std::vector<std::string>& known) {
  throw InputError(
      fmt::format("stepper \"{}\" is not known, expected one of {}", name, fmt::join(known, ", ")));
}

}  // namespace

void register_stepper(StepperEntry entry) { StepperRegistry::instance().add(std::move(entry)); }

std::vector<StepperEntry> stepper_entries() {
  std::vector<StepperEntry> entries;
  for (RegisteredStepper& stepper : StepperRegistry::instance().all())
    entries.push_back(std::move(stepper.entry));
  return entries;
}

StepperEntry stepper_entry(const std::string& name) {
  std::vector<std::string> known;
  for (StepperEntry& entry : stepper_entries()) {
    if (entry.name == name) return std::move(entry);
    known.push_back(entry.name);
  }
  throw_unknown_stepper(name, known);
}

std::vector<std::string> stepper_names() {
  std::vector<std::string> names;
  for (const StepperEntry& entry : stepper_entries())
    if (entry.make) names.push_back(entry.name);
  return names;
}

std::vector<std::string> step_method_names() {
  std::vector<std::string> names;
  for (const RegisteredStepper& stepper : StepperRegistry::instance().all()) {
    if (stepper.flag == kNoFlag) continue;
    const auto place = static_cast<std::size_t>(stepper.flag);
    if (names.size() <= place) names.resize(place + 1);
    names[place] = stepper.entry.name;
  }
  return names;
}

std::unique_ptr<Stepper> make_stepper(const std::string& name, const StepperOptions& options) {
  for (const StepperEntry& entry : stepper_entries())
    if (entry.name == name && entry.make) return entry.make(options);
  throw_unknown_stepper(name, stepper_names());
}

}  // namespace saddleflow
