import Storage
import Testing

/// Times against `date -u`.
@Suite struct TimeStampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
    (1_709_164_800, "2024-02-29T00:00:00Z"), (1_785_328_496, "2026-07-29T12:34:56Z"),
    (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    (32_503_679_999, "2999-12-31T23:59:59Z"),
  ])
  func datesAreThoseOfTheCalendar(seconds: Int, text: String) {
    #expect(TimeStamp(seconds: seconds).description == text)
  }
}
