import CRATELM
import Storage
import SystemPackage
import Testing

/// The past of a run, read back from its files.
@Suite struct RunHistoryTests {
  /// What was observed while a run trained is what is read afterwards, also before a line ends.
  @Test func pastIsReadBack() throws {
    let folder = try TemporaryFolder()
    let run = try Run.create(
      RunDirectory(folder.path.appending("run")), model: TinyRun.shape(),
      training: TinyRun.plan(sampling: 1), on: TinyRun.pack(into: folder.path.appending("data")),
      conditions: .current(program: "test", threads: 1))
    var (updates, losses) = ([StepReport](), [Double]())
    _ = try run.train(sampling: { _ in "a <sample>" }) { event in
      if case .step(let update, let validation) = event {
        updates.append(update)
        if let validation { losses.append(validation.loss) }
      }
      return true
    }
    let file = try OutputFile(extending: run.directory.metrics)
    try file.write(Array("{\"step\":".utf8))
    let history = try RunHistory(run.directory)
    #expect(history.updates.map(\.step) == updates.map(\.step))
    #expect(history.updates.map(\.loss) == updates.map(\.loss))
    #expect(history.updates.map(\.seconds) == updates.map(\.seconds))
    #expect(history.validations.map(\.loss.loss) == losses)
    #expect(history.best?.loss.loss == losses.min())
    #expect(history.samples.map(\.text) == ["a <sample>", "a <sample>", "a <sample>"])
    #expect(history.record == run.record)
  }

  /// Measures of layers are the same after they were written and read.
  @Test(arguments: Architecture.allCases)
  func measuresAreReadBack(architecture: Architecture) throws {
    let configuration = try ModelConfiguration(
      architecture: architecture, depth: 2, width: 16, headCount: 2, contextLength: 8,
      vocabularySize: 32)
    let sequences = (0..<3).map { first in (0..<8).map { Int32(($0 * 5 + first) % 32) } }
    let measured = try LanguageModel(configuration, seed: 1).analyzeLayers(of: sequences)
    let bytes = measured.layersJSON.serialized()
    let read = try #require(
      LayerAnalysis(
        layers: JSONValue.parse(bytes), sequences: 3, sequenceLength: 8, epsilon: measured.epsilon))
    #expect(read.layers == measured.layers)
  }
}
