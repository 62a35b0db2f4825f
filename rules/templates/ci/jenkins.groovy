// Audits the firmware of this repository; rules show as test cases.
pipeline {
  agent { docker { image 'python:3.12-slim' } }
  environment {
    AUDITOR_CACHE_DIR = '.cache/auditor'
    PIP_TARGET = "${WORKSPACE}/.auditor"
    PYTHONPATH = "${WORKSPACE}/.auditor"
  }
  stages {
    stage('Install') {
      steps {
        //@NOTE@
        sh '''python3 -m pip install @INSTALL@'''
      }
    }
    stage('Audit') {
      steps {
        sh '''python3 -m auditor check @INPUTS@ -f text -o junit=auditor-junit.xml -o json=auditor.json -o html=auditor.html'''
      }
    }
  }
  post {
    always {
      junit allowEmptyResults: true, testResults: 'auditor-junit.xml'
      archiveArtifacts allowEmptyArchive: true, artifacts: 'auditor.json, auditor.html'
    }
  }
}
