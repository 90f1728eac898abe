import CRATELM
import FoundationEssentials
import Testing

/// Where windows begin, as runs record it.
@Suite struct WindowStartsTests {
  /// A record of an earlier version has no word for it, and cut every epoch at the same tokens.
  @Test func earlierRunsKeepTheirCuts() throws {
    let model = try ModelConfiguration(.nano, vocabularySize: 300)
    let plan = try TrainingConfiguration(for: model, seed: 1)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    func starts(_ json: String) throws -> WindowStarts {
      try decoder.decode(TrainingConfiguration.self, from: Data(json.utf8)).windowStarts
    }
    let json = String(decoding: try encoder.encode(plan), as: UTF8.self)
    #expect(try starts(json) == .drawn)
    let member = "\"window_starts\":\"drawn\""
    let earlier = json.replacing(member + ",", with: "").replacing("," + member, with: "")
    #expect(!earlier.contains("window_starts"))
    #expect(try starts(earlier) == .same)
  }
}
