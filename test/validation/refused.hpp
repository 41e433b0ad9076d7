// A study whose claim must be refused.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/study_table.hpp"
#include "validation/claim.hpp"

namespace saddleflow::claims {

/// The message names this key and holds these words.
inline void refused(const StudyTable& study, const std::string& key, const std::string& words) {
  BOOST_CHECK_EXCEPTION(measure_claim(study), InputError, [&](const InputError& error) {
    const std::string message = error.what();
    BOOST_TEST_MESSAGE(message);
    return message.find(key) != std::string::npos && message.find(words) != std::string::npos;
  });
}

}  // namespace saddleflow::claims
