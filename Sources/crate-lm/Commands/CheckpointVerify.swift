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
      Checks a run with all its checkpoints, or all checkpoints in a directory, whatever their names. \
      Damage is reported with the file and the bytes, and ends with exit status 65. Files of other \
      programs have few checksums; of these the format is checked.
      """)

  @OptionGroup var input: StoredPath

  @OptionGroup var report: ReportOptions

  func run() throws {
    var sound: [(part: StoredPart, assurance: Assurance, byteCount: Int)] = []
    var failures: [any Error] = []
    for part in try StoredPart.all(at: RawBytes.path(input.path)) {
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
    for (part, _, _) in sound {
      if let impediment = part.impediment { report.note("\(impediment)") }
    }
    for failure in failures.dropFirst() { report.note("\(failure)") }
    if let first = failures.first { throw first }
    let lines = sound.map { part, assurance, byteCount in
      "\(part.path): \(byteCount.counting("byte")), sound\(assurance.remark).\n"
    }
    try report.print(
      text: lines.joined(),
      json: [
        "path": input.path, "bytes": sound.reduce(0) { $0 + $1.byteCount },
        "parts": sound.map { part, assurance, byteCount -> JSONFields in
          [
            "path": part.path.string, "bytes": byteCount, "every_bit": assurance == .everyBit,
          ]
        },
      ])
  }
}

extension Assurance {
  /// The limit of the assurance that a part is sound, for the reader.
  fileprivate var remark: String {
    switch self {
    case .everyBit: ""
    case .format: " as far as its format shows, which has no checksum of every bit"
    case .structure: " as far as its structure shows: its format has no checksums"
    }
  }
}
