// The one list of steppers: what can be chosen by its name, what takes the steps, and what is known of each.
//
// Most steppers are methods: they can be chosen, and every step is their own. "auto" is none: each of its
// steps is taken by a method, which Stepper::method() names. "exponential" is a method that cannot be chosen:
// the exact steps of LinearStart, near the origin.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

enum class StepperRole {
  method,  ///< can be chosen; its steps are its own
  driver,  ///< can be chosen; its steps are those of methods
  part,    ///< a method that cannot be chosen: others use it
};

using StepperFactory = std::function<std::unique_ptr<Stepper>(const StepperOptions&)>;

/// What is known of a stepper by its name.
struct StepperEntry {
  std::string name;  ///< one word; of a method what Stepper::method() says after its steps
  StepperRole role = StepperRole::method;
  StepperFactory make;   ///< null for a part
  std::string help;      ///< a few words
  int order = 0;         ///< of a method's error; 0: exact, or a driver
  bool stiff = false;    ///< accuracy alone bounds its steps
  int dense_degree = 0;  ///< of a method, see Stepper::dense_degree()
  std::string
      when_large;  ///< of a driver: the method that it leaves stiff steps to above dense_limit; or empty
};

/// Adds one of one's own, for make_stepper(), flow.stepper of a study and run files. A method's flag in a
/// file is its place in the list of names that the file itself has. InputError for a name that is no single
/// word or is taken, and for a factory where there should be none, or none where there should be one.
void register_stepper(StepperEntry entry);

/// All, in the order in which they are listed for a choice, those of one's own last.
std::vector<StepperEntry> stepper_entries();
/// InputError naming the known ones.
StepperEntry stepper_entry(const std::string& name);
/// Names of the methods in the order of their flags in new run files: that in which the library has got them.
std::vector<std::string> step_method_names();

}  // namespace saddleflow
