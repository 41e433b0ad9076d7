// Every study that the project ships can be set up.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(studies_test)

BOOST_AUTO_TEST_CASE(shipped_studies_can_be_set_up) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STUDIES)) {
    if (entry.path().extension() != ".toml") continue;
    const StudyTable study = StudyTable::read(entry.path().string());
    const FlowSetup setup(study);
    BOOST_TEST(setup.parts.initial.loss > 0, entry.path());
    BOOST_TEST(!study.text("title").empty(), entry.path());
    ++count;
  }
  BOOST_TEST(count >= 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
