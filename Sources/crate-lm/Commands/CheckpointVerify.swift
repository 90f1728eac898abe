import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// A check of every byte of a run or checkpoint.
struct CheckpointVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a run, checkpoint or file of tensors and check every bit.",
    discussion: """
      A run is checked with all its checkpoints; what is damaged is named with its file and bytes. \
      Files of other programs have few checksums: of those the format is checked.
      """)

  @Argument(help: "A run, a checkpoint, an exported directory, or a .safetensors or .pt file.")
  var path: String

  @OptionGroup var report: ReportOptions

  func run() throws {
    var sound: [(part: StoredPart, assurance: Assurance, byteCount: Int)] = []
    var failures: [any Error] = []
    for part in try StoredPart.all(at: FilePath(path)) {
      do {
        let assurance = try part.verify()
        sound.append((part, assurance, try part.files().reduce(0) { $0 + $1.byteCount }))
      } catch {
        failures.append(error)
      }
    }
    for (part, assurance, _) in sound where !failures.isEmpty {
      report.note("\(part.path): sound\(assurance.remark).")
    }
    for failure in failures.dropFirst() { report.note("\(failure)") }
    if let first = failures.first { throw first }
    if report.json {
      try JSONOutput.print(
        .members([
          ("path", .string(path)), ("bytes", .count(sound.reduce(0) { $0 + $1.byteCount })),
          (
            "parts",
            .array(
              sound.map {
                .members([
                  ("path", .string($0.part.path.string)), ("bytes", .count($0.byteCount)),
                  ("every_bit", .bool($0.assurance == .everyBit)),
                ])
              })
          ),
        ]))
    } else {
      for (part, assurance, byteCount) in sound {
        try StandardOutput.write("\(part.path): \(byteCount) bytes, sound\(assurance.remark).\n")
      }
    }
  }
}

extension Assurance {
  /// What a reader should know besides that a part is sound.
  fileprivate var remark: String {
    switch self {
    case .everyBit: ""
    case .format: " as far as its format shows, which has no checksum of every bit"
    }
  }
}
