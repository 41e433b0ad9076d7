#include <fmt/format.h>
#include <fmt/ranges.h>

#include "saddleflow/stepper/auto_stepper.hpp"
#include "saddleflow/stepper/dop853.hpp"
#include "saddleflow/stepper/dopri5.hpp"
#include "saddleflow/stepper/rkc2.hpp"
#include "saddleflow/stepper/rodas5p.hpp"
#include "saddleflow/stepper/stepper.hpp"

namespace saddleflow {

const std::vector<std::string>& stepper_names() {
  static const std::vector<std::string> names = {"auto", "dopri5", "dop853", "rodas5p", "rkc2"};
  return names;
}

std::unique_ptr<Stepper> make_stepper(const std::string& name, const StepperOptions& options) {
  if (name == "auto") return std::make_unique<AutoStepper>(options);
  if (name == "dopri5") return std::make_unique<Dopri5>(options);
  if (name == "dop853") return std::make_unique<Dop853>(options);
  if (name == "rodas5p") return std::make_unique<Rodas5P>(options);
  if (name == "rkc2") return std::make_unique<Rkc2>(options);
  throw InputError(
      fmt::format("stepper \"{}\" is not known, expected one of {}", name, fmt::join(stepper_names(), ", ")));
}

}  // namespace saddleflow
