import CRATELM
import Storage
import Testing

/// The oracle of the other tests is itself right: it says what PyTorch says.
@Suite struct ReferenceModelTests {
  /// Both compute in double precision; the fixture was rounded to single, 10⁻⁷.
  @Test(arguments: Architecture.allCases, Objective.allCases)
  func logitsAreThoseOfPyTorch(architecture: Architecture, objective: Objective) throws {
    let name = architecture.rawValue + (objective == .masked ? "-masked" : "")
    let golden = try SafeTensorsReader(Fixture.path("model/\(name).safetensors"))
    let configuration = try ModelConfiguration(
      objective: objective, architecture: architecture, depth: 3, width: 24, headCount: 3,
      contextLength: 13, vocabularySize: 61)
    var parameters: [String: [Double]] = [:]
    for tensor in try LanguageModel(zeros: configuration).layout.tensors {
      parameters[tensor.name] = try golden.floats(of: tensor.name).map(Double.init)
    }
    let model = ReferenceModel(configuration, parameters: parameters)

    let ids = try Fixture.integers(golden, "inputs")
    let isMasked = objective == .masked
    let lengths = try isMasked ? Fixture.integers(golden, "lengths").map(Int.init) : [13, 13]
    let predicted =
      try isMasked ? Fixture.integers(golden, "predicted").map(Int.init) : Array(0..<26)
    let logits = lengths.enumerated().map { sequence, length in
      model.logits(Array(ids[sequence * 13..<sequence * 13 + length]))
    }
    let expected = try golden.floats(of: "logits").map(Double.init)
    let found = predicted.flatMap { logits[$0 / 13][$0 % 13] }
    #expect(relativeError(found.map(Float.init), expected) < 2e-7)
  }
}
