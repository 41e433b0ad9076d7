// The list of steppers, with their properties.
//
// Most steppers are methods: they can be chosen by name and make their own steps. "auto" is not a method:
// another method makes each of its steps, and Stepper::method() names it. "exponential" is a method that
// cannot be chosen: it makes the exact steps of LinearStart near the origin.
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
  bool by_products = false;  ///< its system must offer hessian_vector()
};

/// Adds a stepper of your own to make_stepper(), to the key flow.stepper and to run files. The flag of a
/// method in a file is its place in the list of names that the file itself stores. InputError if the name is
/// not a single word or is taken, if a part has a factory, or if another stepper has none.
void register_stepper(StepperEntry entry);

/// All steppers, in the order in which choices list them; those of the user come last.
std::vector<StepperEntry> stepper_entries();
/// InputError naming the known ones.
StepperEntry stepper_entry(const std::string& name);
/// Names of the methods in the order of their flags in new run files: that in which the library has got them.
std::vector<std::string> step_method_names();

}  // namespace saddleflow
