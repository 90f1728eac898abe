public import ArgumentParser
import Storage
import Synchronization
import SystemPackage
public import TextModels

extension TextForm.Layout: ExpressibleByArgument {}
extension TextForm.LineEnds: ExpressibleByArgument {}

/// How the bytes of texts become documents, on the command line.
struct TextOptions: ParsableArguments {
  @Option(
    help: """
      The form of every input: text, one document a file; jsonl, one a line. (default: by name, or \
      by content where the name does not tell)
      """)
  var format: TextForm.Layout?

  @Option(help: "The field of a JSON line that holds its text. (default: text)")
  var textField: String?

  @Option(
    help: """
      The encoding of the inputs, by any name that ICU knows: latin1, windows-1252, utf-16, \
      shift_jis, gb18030 … (default: utf-8)
      """)
  var encoding: String?

  @Option(
    help: """
      Windows' line ends, \\r\\n: keep, which makes other tokens of them; or lf, which makes them \
      \\n. (default: keep)
      """)
  var lineEnds: TextForm.LineEnds?

  @Flag(
    help: """
      Leave out JSON lines without a document, and lines of text that are not of the encoding; they \
      are counted and listed.
      """)
  var skipInvalid = false

  @Option(
    number: """
      Give zstd windows of 2^N bytes, 10 to 31, for files made with --long=N. (default: 27)
      """)
  var zstdWindow: Int?

  func validate() throws {
    let logs = TextForm.zstdWindowLogs
    try Self.require("zstd-window", zstdWindow, from: logs.lowerBound, to: logs.upperBound)
  }

  /// The form of texts: `base`, but for the options that are given.
  ///
  /// - Throws: `InputError` for an encoding that ICU does not know.
  func form(over base: TextForm = TextForm()) throws -> TextForm {
    var form = base
    if let format { form.layout = format }
    if let textField { form.textField = textField }
    if let encoding { form.encoding = try TextEncoding(encoding) }
    if let lineEnds { form.lineEnds = lineEnds }
    if skipInvalid { form.skipsInvalid = true }
    if let zstdWindow { form.zstdWindowLog = zstdWindow }
    return form
  }

  /// The options that give `form`.
  static func words(for form: TextForm) -> [String] {
    let usual = TextForm()
    func option(_ name: String, _ value: KeyPath<TextForm, some Equatable>, _ text: String)
      -> [String]
    {
      form[keyPath: value] == usual[keyPath: value] ? [] : ["--\(name)", text]
    }
    return option("format", \.layout, form.layout?.rawValue ?? "")
      + option("text-field", \.textField, form.textField)
      + option("encoding", \.encoding, form.encoding?.name ?? "")
      + option("line-ends", \.lineEnds, form.lineEnds.rawValue)
      + (form.skipsInvalid ? ["--skip-invalid"] : [])
      + option("zstd-window", \.zstdWindowLog, "\(form.zstdWindowLog)")
  }

  /// The documents of `inputs`.
  ///
  /// - Parameters:
  ///   - inputs: files, directories, or `-`.
  ///   - limit: the most bytes of text; `nil` for all.
  ///   - log: told what is passed over and what reading comes upon.
  /// - Returns: the documents.
  /// - Throws: `FileError`, `InputError`.
  func source(
    _ inputs: [PathArgument], limit: Int? = nil, log: ReadingLog
  ) throws -> DocumentSource {
    try log.source(inputs, form: form(), limit: limit)
  }
}

/// What reading texts came upon, told on standard error and kept for a report.
final class ReadingLog: Sendable {
  private let notes: NoteOptions?
  private let summaries = Mutex<[ReadingSummary]>([])

  /// A log that tells it in `notes`; `nil` if it has been told.
  init(_ notes: NoteOptions?) { self.notes = notes }

  /// The documents of `inputs`, whose reading is told.
  ///
  /// - Throws: `FileError`, `InputError`.
  func source(
    _ inputs: [PathArgument], form: TextForm, limit: Int? = nil
  ) throws -> DocumentSource {
    var source = try DocumentSource(
      inputs: inputs.map(\.path), form: form, maximumByteCount: limit)
    if let note = Self.note(passedOver: source) { notes?.note(note) }
    source.whenRead = { [self] summary in
      summaries.withLock { $0.append(summary) }
      for note in Self.notes(on: summary, form) { notes?.interject(note) }
    }
    return source
  }

  /// What a report says of it.
  var fields: JSONFields {
    let all = summaries.withLock { $0 }
    return [
      "windows_line_ends": all.reduce(0) { $0 + $1.windowsLineEnds.count },
      "left_out_lines": all.reduce(0) { $0 + $1.leftOutCount },
      "left_out": all.flatMap(\.leftOut).map {
        ["file": $0.path.string, "line": $0.number, "reason": $0.reason] as JSONFields
      },
    ]
  }

  /// The most items that are named one by one.
  private static let longestList = 10

  /// The first of `items`, and how many more there are of `count`.
  private static func list(_ items: [String], of count: Int, separator: String = ", ") -> String {
    let rest = count - min(items.count, longestList)
    return items.prefix(longestList).joined(separator: separator)
      + (rest > 0 ? "\(separator)and \(rest) more" : "")
  }

  private static func notes(on summary: ReadingSummary, _ form: TextForm) -> [String] {
    var notes: [String] = []
    func names(_ paths: [FilePath]) -> String {
      list(paths.map { $0.string.printable }, of: paths.count)
    }
    if !summary.readAsLines.isEmpty {
      notes.append(
        "Read as JSON lines, by content: \(names(summary.readAsLines)); --format text takes such a "
          + "file as it is.")
    }
    if !summary.readAsText.isEmpty {
      notes.append(
        "Read as plain text, braces and all, though it looks like JSON: "
          + "\(names(summary.readAsText)); for an object in each line give --format jsonl.")
    }
    let ends = summary.windowsLineEnds
    if ends.count > 0 {
      let files = ends.files == 1 ? "one file" : "\(ends.files) files"
      notes.append(
        "Line ends of Windows (\\r\\n) in \(files): \(ends.count), "
          + (form.lineEnds == .lf
            ? "which became \\n."
            : "which become tokens of their own; --line-ends lf makes them \\n."))
    }
    if summary.leftOutCount > 0 {
      let lines = summary.leftOut.map {
        "  \($0.path.string.printable), line \($0.number): \($0.reason.printable)"
      }
      notes.append(
        "Lines left out: \(summary.leftOutCount)\n"
          + list(lines, of: summary.leftOutCount, separator: "\n"))
    }
    return notes
  }

  /// What is not read of directories, in a sentence.
  private static func note(passedOver source: DocumentSource) -> String? {
    let hidden = source.passedOver.count { $0.reason == .hidden }
    let named = source.passedOver.filter { $0.reason != .hidden }
    guard !source.passedOver.isEmpty else { return nil }
    let files = named.map { $0.path.string.printable + ($0.reason.text.map { " (\($0))" } ?? "") }
    let hiddenOnes = hidden > 0 ? ["\(hidden) hidden"] : []
    let list = ([list(files, of: files.count)].filter { !$0.isEmpty } + hiddenOnes)
      .joined(separator: " and ")
    return "Passed over \(source.passedOver.count): \(list); only files that end in "
      + "\(DocumentSource.fileEndings) are read from directories."
  }
}

extension PassedOver.Reason {
  /// The reason in a few words; `nil` if its name says it.
  fileprivate var text: String? {
    switch self {
    case .hidden: nil
    case .ending(let content): content?.description
    case .notLines: "JSON, but no object in each line"
    case .danglingLink: "a link to nothing"
    case .readElsewhere: "a link to what is read by itself"
    case .readAlready: "read already"
    case .made: "made by crate-lm"
    case .notFile: "no file"
    }
  }
}
