// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/field_table.h"

#include <type_traits>

namespace torpor {
using namespace std::string_view_literals;  // their length needs no strlen
namespace {

template <std::size_t N>
constexpr bool is_text(const FixedString<N>&) {
  return true;
}
template <class T>
constexpr bool is_text(const T&) {
  return false;
}

// The member at the end of a path of member pointers.
template <auto First, auto... Rest, class T>
constexpr auto& member(T& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return member<Rest...>(object.*First);
  }
}

template <class T>
FieldValue load(const T& from) {
  if constexpr (std::is_same_v<T, Digest>) {
    return {.number = 0, .text = {}, .bytes = Bytes(from)};
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return {.number = static_cast<std::int64_t>(from), .text = {}, .bytes = {}};
  } else {
    return {.number = 0, .text = from.view(), .bytes = {}};
  }
}

template <class T>
void store(T& to, const FieldValue& value) {
  if constexpr (std::is_same_v<T, Digest>) {
    for (std::size_t i = 0; i < to.size() && i < value.bytes.size(); ++i) to[i] = value.bytes[i];
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    to = static_cast<T>(value.number);
  } else {
    to = T(value.text);
  }
}

struct Facts {
  std::string_view name;
  std::array<std::uint8_t, 3> key;
  FieldType type;
  std::string_view unit;
  std::int64_t min;
  std::int64_t max;
  std::string_view doc;
  std::span<const std::string_view> words{};
  std::int64_t since = 1;
};

// clang-format off
template <auto... Path>
constexpr Field row(const Facts& f) {
  return {f.name, f.key, f.type, f.unit, f.min, f.max, f.since, f.words, f.doc, false,
          [](const Terms& terms, std::size_t) { return load(member<Path...>(terms)); },
          [](Terms& terms, std::size_t, const FieldValue& value) { store(member<Path...>(terms), value); }};
}

template <auto... Path>
constexpr Field sensor_row(const Facts& f) {
  return {f.name, f.key, f.type, f.unit, f.min, f.max, f.since, f.words, f.doc, true,
          [](const Terms& terms, std::size_t i) { return load(member<Path...>(terms.sensor_list[i])); },
          [](Terms& terms, std::size_t i, const FieldValue& value) { store(member<Path...>(terms.sensor_list[i]), value); }};
}
// clang-format on

constexpr std::string_view kSleepLevels[] = {"block", "suspend"};
constexpr std::string_view kResidencies[] = {"exit", "context"};

constexpr auto kInteger = FieldType::integer;
constexpr std::int64_t kYear2020 = 1'577'836'800;
constexpr std::int64_t kYear2100 = 4'102'444'800;

using D = DutyTerms;
using Q = QueueTerms;
using S = SensorTerms;
using B = BearingTerms;
using M = ModelTerms;
using P = PowerTerms;
using A = AlarmTerms;
using Y = TelemetryTerms;

// Bounds keep each field sensible by itself; what must hold between fields is in rules.cpp.
// Those of the alarm make sure that it can be raised: with 120 calibration cycles, delta
// at its least and one score of three reacting, R still doubles every damaged cycle.
constexpr Field kFields[] = {
    row<&Terms::schema>({"schema",
                         {1},
                         kInteger,
                         "",
                         kOldestSchema,
                         kNewestSchema,
                         "Version of this table. A binary accepts a range of them."}),
    row<&Terms::contract_id>(
        {"contract_id", {2}, FieldType::name, "characters", 1, 64, "What people call this contract."}),
    row<&Terms::sequence>({"sequence",
                           {3},
                           kInteger,
                           "",
                           1,
                           9'007'199'254'740'991,
                           "Rises with each contract of a target class; a device never goes back."}),
    row<&Terms::not_before_s>({"not_before",
                               {4},
                               FieldType::time,
                               "UTC",
                               kYear2020,
                               kYear2100,
                               "Begin of validity; judged only by a synchronised clock."}),
    row<&Terms::expires_s>({"expires",
                            {5},
                            FieldType::time,
                            "UTC",
                            kYear2020,
                            kYear2100,
                            "End of validity. A running robot goes on and alarms; a start is refused."}),
    row<&Terms::target_class>({"target_class",
                               {6},
                               FieldType::name,
                               "characters",
                               1,
                               32,
                               "The class of robots this is for; must be that of site.toml."}),

    row<&Terms::duty, &D::sample_ms>({"duty.sample_ms",
                                      {7, 1},
                                      kInteger,
                                      "ms",
                                      500,
                                      60'000,
                                      "Length of a window: what is sampled each cycle. Half a second is what "
                                      "one inference looks at."}),
    row<&Terms::duty, &D::sleep_ms>({"duty.sleep_ms",
                                     {7, 2},
                                     kInteger,
                                     "ms",
                                     100,
                                     86'400'000,
                                     "From the end of sampling to the next wake; inference, release and "
                                     "report are taken out of it."}),
    row<&Terms::duty, &D::interval_tolerance_ms>(
        {"duty.interval_tolerance_ms",
         {7, 3},
         kInteger,
         "ms",
         1,
         3'600'000,
         "A start-to-start interval further than this from the period is a deviation."}),

    row<&Terms::queue, &Q::batches>({"queue.batches",
                                     {8, 1},
                                     kInteger,
                                     "windows",
                                     2,
                                     64,
                                     "Windows' worth of frames kept; beyond it the intermediate ones go."}),
    row<&Terms::queue, &Q::bytes>({"queue.bytes",
                                   {8, 2},
                                   kInteger,
                                   "bytes",
                                   4096,
                                   67'108'864,
                                   "Sample bytes held at one end, kernel socket buffers included."}),
    row<&Terms::queue, &Q::age_ms>(
        {"queue.age_ms", {8, 3}, kInteger, "ms", 500, 3'600'000, "Frames older than this are dropped."}),

    sensor_row<&S::id>({"sensors.id",
                        {9, 1},
                        FieldType::name,
                        "characters",
                        1,
                        32,
                        "Name of the sensor; part of the baseline's key."}),
    sensor_row<&S::rate_mhz>({"sensors.rate_mhz",
                              {9, 2},
                              kInteger,
                              "milli-Hz",
                              1'024'000,
                              102'400'000,
                              "Samples per second and axis. At least 512 samples in half a second."}),
    sensor_row<&S::axes>({"sensors.axes", {9, 3}, kInteger, "", 1, kMaxAxes, "Axes of the sensor."}),
    sensor_row<&S::full_scale_mg>({"sensors.full_scale_mg",
                                   {9, 4},
                                   kInteger,
                                   "milli-g",
                                   100,
                                   2'000'000,
                                   "Largest acceleration the sensor shows; saturation is judged by it."}),
    sensor_row<&S::noise_floor_ug>({"sensors.noise_floor_ug",
                                    {9, 5},
                                    kInteger,
                                    "micro-g",
                                    1,
                                    20'000'000,
                                    "RMS below it means the sensor is stuck."}),
    sensor_row<&S::bearing, &B::rolling_elements>(
        {"sensors.bearing.rolling_elements",
         {9, 6, 1},
         kInteger,
         "",
         0,
         200,
         "Balls or rollers. 0 with all other bearing numbers 0: unknown, no defect is named."}),
    sensor_row<&S::bearing, &B::element_diameter_um>({"sensors.bearing.element_diameter_um",
                                                      {9, 6, 2},
                                                      kInteger,
                                                      "micrometre",
                                                      0,
                                                      1'000'000,
                                                      "Diameter of a rolling element."}),
    sensor_row<&S::bearing, &B::pitch_diameter_um>({"sensors.bearing.pitch_diameter_um",
                                                    {9, 6, 3},
                                                    kInteger,
                                                    "micrometre",
                                                    0,
                                                    10'000'000,
                                                    "Diameter of the circle through the elements' centres."}),
    sensor_row<&S::bearing, &B::contact_angle_mdeg>({"sensors.bearing.contact_angle_mdeg",
                                                     {9, 6, 4},
                                                     kInteger,
                                                     "milli-degree",
                                                     0,
                                                     89'999,
                                                     "Contact angle."}),

    row<&Terms::model, &M::digest>({"model.digest",
                                    {10, 1},
                                    FieldType::digest,
                                    "hex",
                                    64,
                                    64,
                                    "SHA-256 of the model file; another file is refused."}),
    row<&Terms::model, &M::feature_version>({"model.feature_version",
                                             {10, 2},
                                             kInteger,
                                             "",
                                             1,
                                             65'535,
                                             "Version of the features the model was trained on."}),

    row<&Terms::power, &P::sleep_level>({"power.sleep_level",
                                         {11, 1},
                                         FieldType::word,
                                         "",
                                         0,
                                         1,
                                         "block: wait on one timer; suspend: suspend to RAM.",
                                         kSleepLevels}),
    row<&Terms::power, &P::failed_resumes>({"power.failed_resumes",
                                            {11, 2},
                                            kInteger,
                                            "",
                                            0,
                                            1000,
                                            "Failed resumes after which suspend is given up."}),
    row<&Terms::power, &P::residency>({"power.residency",
                                       {11, 3},
                                       FieldType::word,
                                       "",
                                       0,
                                       1,
                                       "What must be gone after release. exit: the process that used the "
                                       "device; context: the device context.",
                                       kResidencies}),
    row<&Terms::power, &P::idle_mw>({"power.idle_mw",
                                     {11, 4},
                                     kInteger,
                                     "mW",
                                     1,
                                     1'000'000,
                                     "A rail above this after release counts as resident."}),
    row<&Terms::power, &P::active_mj_per_cycle>({"power.active_mj_per_cycle",
                                                 {11, 5},
                                                 kInteger,
                                                 "mJ",
                                                 1,
                                                 100'000'000,
                                                 "Energy above idle that one cycle may take."}),
    row<&Terms::power, &P::awake_limit_ms>({"power.awake_limit_ms",
                                            {11, 6},
                                            kInteger,
                                            "ms",
                                            500,
                                            3'600'000,
                                            "A detector awake longer is stopped by the sampler."}),
    row<&Terms::power, &P::infer_deadline_ms>(
        {"power.infer_deadline_ms", {11, 7}, kInteger, "ms", 1, 600'000, "Time one inference may take."}),
    row<&Terms::power, &P::release_deadline_ms>({"power.release_deadline_ms",
                                                 {11, 8},
                                                 kInteger,
                                                 "ms",
                                                 1,
                                                 600'000,
                                                 "Time after which the compute device must be idle again."}),
    row<&Terms::power, &P::mj_per_hour>(
        {"power.mj_per_hour",
         {11, 9},
         kInteger,
         "mJ",
         1,
         4'000'000'000,
         "Energy above idle in an hour; a cycle beyond it is slept through."}),

    row<&Terms::alarm, &A::cycles_between_false_alarms>(
        {"alarm.cycles_between_false_alarms",
         {12, 1},
         kInteger,
         "cycles",
         100,
         10'000'000'000'000,
         "A: mean cycles to a false alarm. Robots x cycles a day x days per tolerated false alarm."}),
    row<&Terms::alarm, &A::calibration_delta_ppm>(
        {"alarm.calibration_delta_ppm",
         {12, 2},
         kInteger,
         "ppm",
         1000,
         500'000,
         "Probability that the calibration misleads and A does not hold."}),
    row<&Terms::alarm, &A::score_tolerance_mmad>(
        {"alarm.score_tolerance_mmad",
         {12, 3},
         kInteger,
         "milli-MAD",
         0,
         3000,
         "Margin above each calibration rank; the same robot on another day."}),
    row<&Terms::alarm, &A::fit_cycles>({"alarm.fit_cycles",
                                        {12, 4},
                                        kInteger,
                                        "cycles",
                                        120,
                                        1'000'000,
                                        "Healthy cycles the baseline is fitted on."}),
    row<&Terms::alarm, &A::calibration_cycles>({"alarm.calibration_cycles",
                                                {12, 5},
                                                kInteger,
                                                "cycles",
                                                120,
                                                1'000'000,
                                                "Healthy cycles after these, for the ranks."}),
    row<&Terms::alarm, &A::shock_cycles>({"alarm.shock_cycles",
                                          {12, 6},
                                          kInteger,
                                          "cycles",
                                          1,
                                          60,
                                          "Shock or saturation in this many cycles in a row alarms."}),

    row<&Terms::telemetry, &Y::interval_ms>(
        {"telemetry.interval_ms", {13, 1}, kInteger, "ms", 1000, 86'400'000, "From push to push."}),
    row<&Terms::telemetry, &Y::spool_bytes>(
        {"telemetry.spool_bytes",
         {13, 2},
         kInteger,
         "bytes",
         65'536,
         1'073'741'824,
         "Reports kept for telemetry; the oldest are dropped beyond it."}),
    row<&Terms::telemetry, &Y::spool_age_ms>({"telemetry.spool_age_ms",
                                              {13, 3},
                                              kInteger,
                                              "ms",
                                              60'000,
                                              2'592'000'000,
                                              "Reports older than this are dropped from the spool."}),
};

constexpr bool sorted_by_key() {
  for (std::size_t i = 1; i < std::size(kFields); ++i)
    if (!(kFields[i - 1].key < kFields[i].key)) return false;
  return true;
}
static_assert(sorted_by_key(), "encoder and decoder walk the rows in key order");

}  // namespace

std::span<const Field> fields() { return kFields; }

}  // namespace torpor
